# etch::eigen where Eigen is installed: what <etch/eigen.hpp> and ETCH_CPU_EIGEN need. Shared with the installed package.

find_package(Eigen3 3.4 QUIET NO_MODULE)
if(TARGET Eigen3::Eigen AND NOT TARGET etch::eigen)
  add_library(etch::eigen INTERFACE IMPORTED GLOBAL)
  target_link_libraries(etch::eigen INTERFACE etch::etch Eigen3::Eigen)
endif()
