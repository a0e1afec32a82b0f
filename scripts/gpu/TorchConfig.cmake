# A configuration for the PyTorch inside python3 that asks for nothing but its
# headers and libraries. PyTorch's own enables CUDA as a language and wants its
# development files, which a program without CUDA code does not need.
#
#   cmake -DTorch_DIR=scripts/gpu -DTHEXP_TORCH_FOLDER=.../site-packages/torch
set(THEXP_TORCH_FOLDER "" CACHE PATH "The folder of Python's torch")
set(_include ${THEXP_TORCH_FOLDER}/include)
set(_lib ${THEXP_TORCH_FOLDER}/lib)
set(_api ${_include}/torch/csrc/api/include)

if(NOT EXISTS ${_api}/torch/version.h OR NOT EXISTS ${_lib}/libtorch.so)
  set(Torch_FOUND FALSE)
  set(Torch_NOT_FOUND_MESSAGE
      "THEXP_TORCH_FOLDER='${THEXP_TORCH_FOLDER}' is not the folder of a torch")
  return()
endif()

file(STRINGS ${_api}/torch/version.h _versions
     REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
list(TRANSFORM _versions REPLACE ".* ([0-9]+)$" "\\1")
list(JOIN _versions "." Torch_VERSION)

# Without --no-as-needed Ubuntu's linker drops libtorch_cuda, as no symbol of
# it is used, and there is "no CUDA".
set(_libraries -Wl,--no-as-needed)
foreach(_name IN ITEMS torch torch_cpu torch_cuda c10_cuda c10)
  if(EXISTS ${_lib}/lib${_name}.so)
    list(APPEND _libraries ${_lib}/lib${_name}.so)
  endif()
endforeach()
list(APPEND _libraries
  -Wl,--as-needed -Wl,--allow-shlib-undefined -Wl,-rpath,${_lib})
list(JOIN _libraries " " TORCH_LIBRARIES)  # in this order, on one line

set(TORCH_INCLUDE_DIRS ${_include} ${_api})
set(TORCH_CXX_FLAGS "-D_GLIBCXX_USE_CXX11_ABI=1")
set(Torch_FOUND TRUE)
