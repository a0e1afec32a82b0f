# Wraps LibTorch, whose CMake exports differ between versions and packagers,
# in one interface target: thexp::torch. Installed too: thexpConfig.cmake
# includes it after it has found Torch.
if(NOT Torch_FOUND)
  find_package(Torch REQUIRED)
endif()

if(NOT TARGET thexp::torch)
  add_library(thexp::torch INTERFACE IMPORTED GLOBAL)
  # LibTorch's headers are system headers: their warnings are not ours.
  target_include_directories(thexp::torch SYSTEM INTERFACE
                             ${TORCH_INCLUDE_DIRS})
  target_link_libraries(thexp::torch INTERFACE ${TORCH_LIBRARIES})
  if(DEFINED TORCH_CXX_FLAGS)
    separate_arguments(thexp_torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
    target_compile_options(thexp::torch INTERFACE ${thexp_torch_flags})
  endif()
  # The first whose headers refuse C++17.
  if(Torch_VERSION VERSION_GREATER_EQUAL 2.14)
    target_compile_features(thexp::torch INTERFACE cxx_std_20)
  endif()
endif()
