# Installs the headers and a package for find_package(etch).

include(CMakePackageConfigHelpers)
set(etch_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/etch)

install(TARGETS etch EXPORT etch FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT etch NAMESPACE etch:: FILE etchTargets.cmake DESTINATION ${etch_package_dir})

# Minor versions may break source before 1.0. Headers fit every architecture.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/etchConfigVersion.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/etchConfig.cmake ${PROJECT_SOURCE_DIR}/cmake/etchEigen.cmake
              ${PROJECT_BINARY_DIR}/etchConfigVersion.cmake DESTINATION ${etch_package_dir})
