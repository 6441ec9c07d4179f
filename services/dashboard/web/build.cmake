# Builds the page: cmake -DNPM=npm -DWEB=this folder -DOUT=where to -DSTAMP=file -P build.cmake
# Packages come from npm's cache where they can, and from the registry otherwise. Where neither has them, the page is
# left out with one sentence; a page that does not compile is an error.
set(installed "${WEB}/node_modules/.package-lock.json")
if(NOT EXISTS "${installed}" OR "${WEB}/package-lock.json" IS_NEWER_THAN "${installed}")
  execute_process(COMMAND "${NPM}" ci --prefer-offline --no-audit --no-fund --loglevel=error
                  WORKING_DIRECTORY "${WEB}" RESULT_VARIABLE failed OUTPUT_VARIABLE log ERROR_VARIABLE log)
  if(failed)
    message(WARNING "The dashboard's page is not built: npm could not get its packages (offline?).\n${log}")
    file(TOUCH "${STAMP}")
    return()
  endif()
  file(TOUCH "${installed}")
endif()
execute_process(COMMAND "${NPM}" run --silent build -- --outDir "${OUT}" --emptyOutDir --logLevel warn
                WORKING_DIRECTORY "${WEB}" RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "The dashboard's page does not build.")
endif()
file(TOUCH "${STAMP}")
