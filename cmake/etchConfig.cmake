# find_package(etch [COMPONENTS eigen]): etch::etch, and etch::eigen where Eigen is found.

include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/etchTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/etchEigen.cmake)

foreach(component IN LISTS etch_FIND_COMPONENTS)
  set(etch_${component}_FOUND FALSE)
  if(TARGET etch::${component})
    set(etch_${component}_FOUND TRUE)
  elseif(etch_FIND_REQUIRED_${component})
    set(etch_FOUND FALSE)
    set(etch_NOT_FOUND_MESSAGE "etch: component ${component} is not available (eigen needs Eigen 3.4)")
  endif()
endforeach()
