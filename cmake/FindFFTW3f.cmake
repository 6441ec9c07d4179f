# FFTW in single precision with its thread-safe planner: target FFTW3f::FFTW3f.
find_path(FFTW3f_INCLUDE fftw3.h)
find_library(FFTW3f_LIBRARY fftw3f)
find_library(FFTW3f_THREADS fftw3f_threads)  # makes the planner safe beside other rooms' plans
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(FFTW3f REQUIRED_VARS FFTW3f_LIBRARY FFTW3f_THREADS FFTW3f_INCLUDE)
if(FFTW3f_FOUND AND NOT TARGET FFTW3f::FFTW3f)
  add_library(FFTW3f::FFTW3f INTERFACE IMPORTED)
  target_include_directories(FFTW3f::FFTW3f INTERFACE ${FFTW3f_INCLUDE})
  target_link_libraries(FFTW3f::FFTW3f INTERFACE ${FFTW3f_THREADS} ${FFTW3f_LIBRARY})
endif()
