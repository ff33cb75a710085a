# etch::etch, the headers; etch::eigen, the headers and Eigen.

find_package(Threads REQUIRED)

file(GLOB_RECURSE etch_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/etch/*.hpp
     ${PROJECT_SOURCE_DIR}/include/etch/*.cuh)
add_library(etch INTERFACE)
add_library(etch::etch ALIAS etch)
target_sources(etch INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${etch_headers})
target_compile_features(etch INTERFACE cxx_std_20)
target_link_libraries(etch INTERFACE Threads::Threads)

# Programs are traced, differentiated and planned in constant expressions. The default limits hold for programs of
# some thousand nodes; these leave room for much larger ones.
# The standard is a plain option for nvcc, as CMake 3.25 knows no cuda_std_20.
set(etch_gnu_limits -fconstexpr-ops-limit=2000000000 -fconstexpr-loop-limit=100000000)
list(JOIN etch_gnu_limits "," etch_host_limits)
target_compile_options(
  etch INTERFACE "$<$<COMPILE_LANG_AND_ID:CXX,Clang,AppleClang>:-fconstexpr-steps=100000000>"
                 "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:${etch_gnu_limits}>"
                 "$<$<COMPILE_LANG_AND_ID:CUDA,NVIDIA>:-std=c++20;-Xcudafe=--max_cost_constexpr_call=2000000000>"
                 "$<$<AND:$<COMPILE_LANG_AND_ID:CUDA,NVIDIA>,$<CXX_COMPILER_ID:GNU>>:-Xcompiler=${etch_host_limits}>")

include(${CMAKE_CURRENT_LIST_DIR}/etchEigen.cmake)
