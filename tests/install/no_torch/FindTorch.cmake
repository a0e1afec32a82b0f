# First on the consumer's CMAKE_MODULE_PATH: find_package(Torch) ends here.
message(FATAL_ERROR "LibTorch was looked for")
