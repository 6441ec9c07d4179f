# The helpers every room uses: a library and its tests.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# -Wrestrict: GCC 12 cries wolf at "literal" + std::string (GCC bug 105651).
add_library(ptero_options INTERFACE)
target_compile_options(ptero_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       -Wno-sign-conversion -Wno-missing-field-initializers $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<BOOL:${PTERO_WERROR}>:-Werror>)
# Linked after ptero_options, so that its flag comes later on the command line and wins.
add_library(ptero_test_options INTERFACE)
# -O1: quicker to compile; what a test calls is as fast as ever. The other two: GCC 12 cries wolf in std::string.
target_compile_options(ptero_test_options INTERFACE -Wno-conversion $<$<CONFIG:Release>:-O1>
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-stringop-overflow>)
if(PTERO_SANITIZE MATCHES fuzzer AND NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  message(FATAL_ERROR "Fuzzing needs clang and its run-time library (Debian: clang, libclang-rt-14-dev).")
endif()
if(PTERO_SANITIZE)
  add_compile_options(-fsanitize=${PTERO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PTERO_SANITIZE})
endif()

# ptero_library(<room> SOURCES a.cpp... [DEPENDS room...] [PRIVATE third-party targets...])
# DEPENDS are the arrows of doc/rooms; third parties stay private so that no room leaks one.
function(ptero_library room)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(ptero_${room} STATIC ${arg_SOURCES})
  target_include_directories(ptero_${room} PUBLIC include PRIVATE src)
  list(TRANSFORM arg_DEPENDS PREPEND ptero_)
  target_link_libraries(ptero_${room} PUBLIC ${arg_DEPENDS} Threads::Threads
                        PRIVATE ptero_options ${arg_PRIVATE})
endfunction()

# ptero_test(<name> SOURCES a_test.cpp... LINK targets... [LABEL unit|contract|integration|fault|bench])
function(ptero_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  # A sanitizer makes numerical code some forty times slower.
  if(PTERO_SANITIZE)
    math(EXPR arg_TIMEOUT "5 * ${arg_TIMEOUT}")
  endif()
  add_executable(test_${name} ${arg_SOURCES})
  target_link_libraries(test_${name} PRIVATE ptero_options ptero_test_options ${arg_LINK} GTest::gtest GTest::gtest_main)
  target_include_directories(test_${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  # Sanitized binaries are slow to list their tests on a loaded machine.
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 120
                       WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
                       PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
