# Install rules of the package: two export sets, so that the torch-free
# components are usable where LibTorch is absent.
include(CMakePackageConfigHelpers)

get_property(THEXP_BASE_COMPONENTS GLOBAL PROPERTY THEXP_BASE_COMPONENTS)
get_property(THEXP_TORCH_COMPONENTS GLOBAL PROPERTY THEXP_TORCH_COMPONENTS)

set(thexp_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/thexp)

install(EXPORT thexpBaseTargets NAMESPACE thexp::
        DESTINATION ${thexp_package_dir})
if(THEXP_TORCH_COMPONENTS)
  install(EXPORT thexpTorchTargets NAMESPACE thexp::
          DESTINATION ${thexp_package_dir})
endif()

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/thexpConfig.cmake.in
  ${PROJECT_BINARY_DIR}/thexpConfig.cmake
  INSTALL_DESTINATION ${thexp_package_dir})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/thexpConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/thexpConfig.cmake
  ${PROJECT_BINARY_DIR}/thexpConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/Findlibdeflate.cmake
  ${CMAKE_CURRENT_LIST_DIR}/Findlibgit2.cmake
  ${CMAKE_CURRENT_LIST_DIR}/Findutf8proc.cmake
  ${CMAKE_CURRENT_LIST_DIR}/ThexpTorch.cmake
  DESTINATION ${thexp_package_dir})
