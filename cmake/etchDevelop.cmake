# What etch's own programs (tests, examples, benchmarks) are built with; users of the library never see this file.

set(ETCH_MARCH native CACHE STRING "Instruction set of etch's own programs, as in -march; empty: the compiler's default")
option(ETCH_WERROR "Treat warnings as errors" OFF)
option(ETCH_CPU_EIGEN "Evaluate with Eigen in place of native vectors" OFF)
option(ETCH_CUDA "Enable CUDA C++" OFF)
option(ETCH_THRUST "Run the tests' programs through Thrust's OpenMP system: tests/cuda/everywhere.hpp" OFF)

set(CMAKE_CXX_EXTENSIONS OFF)

find_program(ETCH_NVCC nvcc HINTS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin)
if(ETCH_CUDA)
  if(ETCH_NVCC AND NOT CMAKE_CUDA_COMPILER)
    set(CMAKE_CUDA_COMPILER ${ETCH_NVCC})
  endif()
  enable_language(CUDA)
endif()

# CCCL, of which <etch/cuda.hpp> needs the headers alone where Thrust runs on the CPU.
find_path(ETCH_CCCL thrust/version.h HINTS $ENV{CUDA_HOME}/include/cccl /usr/local/cuda/include/cccl)
find_package(OpenMP QUIET COMPONENTS CXX)
if(ETCH_CCCL AND OpenMP_CXX_FOUND)
  add_library(etch_thrust INTERFACE)
  target_link_libraries(etch_thrust INTERFACE OpenMP::OpenMP_CXX)
  target_include_directories(etch_thrust SYSTEM INTERFACE ${ETCH_CCCL})
  target_compile_definitions(etch_thrust INTERFACE THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP CCCL_DISABLE_FP16_SUPPORT)  # whose ::half stands beside etch::half
elseif(ETCH_THRUST)
  message(FATAL_ERROR "ETCH_THRUST needs the headers of a CUDA toolkit (thrust/version.h) and OpenMP")
endif()

find_program(ETCH_CCACHE ccache)
if(ETCH_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the project are relative to ccache, so that two checkouts of the same files share what is compiled. What it
  # must know of precompiled headers is in its manual, "Precompiled headers".
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
                                  CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ETCH_CCACHE})
endif()

add_library(etch_develop INTERFACE)
target_link_libraries(etch_develop INTERFACE etch::etch)
target_compile_options(etch_develop INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wconversion>"
                                              "$<$<BOOL:${ETCH_WERROR}>:-Werror>")
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 19)
  # clang 19 warns about its own -march=native on processors with AVX10.
  target_compile_options(etch_develop INTERFACE -Wno-invalid-feature-combination)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # In kilobytes: below that g++ does not look for memory to use again, which is a tenth of its time.
  target_compile_options(etch_develop INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:--param=ggc-min-heapsize=1000000>")
endif()
if(ETCH_MARCH)
  target_compile_options(etch_develop INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-march=${ETCH_MARCH}>")
endif()

# "native" means another instruction set on another machine. A fingerprint of what it means here, as a definition, keeps
# ccache and a build folder that moved from handing out objects this processor cannot run.
if(ETCH_MARCH STREQUAL "native")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -march=native -dM -E -x c++ /dev/null OUTPUT_VARIABLE etch_native_macros
                  ERROR_QUIET)
  string(SHA1 etch_native "${etch_native_macros}")
  string(SUBSTRING ${etch_native} 0 8 etch_native)
  target_compile_definitions(etch_develop INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:ETCH_BUILT_FOR=0x${etch_native}>")
endif()

if(TARGET etch::eigen)
  target_link_libraries(etch_develop INTERFACE etch::eigen)
endif()
if(ETCH_CPU_EIGEN)
  if(NOT TARGET etch::eigen)
    message(FATAL_ERROR "ETCH_CPU_EIGEN needs Eigen 3.4 (libeigen3-dev)")
  endif()
  target_compile_definitions(etch_develop INTERFACE ETCH_CPU_EIGEN)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(etch_develop INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized)  # of avx512fintrin.h, g++ 12's own, in Eigen's functions
  endif()
endif()
