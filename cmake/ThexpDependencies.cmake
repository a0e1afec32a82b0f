# Every third-party package that the build uses, found in one place. The
# README says why each is there.

# Taken in with add_subdirectory, the project around this one links them too.
if(NOT PROJECT_IS_TOP_LEVEL)
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibArchive)  # without it, runs are neither exported nor imported

# Without a CMake package in Debian 12.
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
find_package(libdeflate REQUIRED)
find_package(utf8proc REQUIRED)

# yaml-cpp 0.7 calls its target yaml-cpp, 0.8 yaml-cpp::yaml-cpp.
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

# protozero is headers alone, without a CMake package.
find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_builder.hpp REQUIRED)
if(NOT TARGET protozero::protozero)
  add_library(protozero::protozero INTERFACE IMPORTED GLOBAL)
  target_include_directories(protozero::protozero SYSTEM INTERFACE
                             ${PROTOZERO_INCLUDE_DIR})
endif()

# xxhash is used as headers alone, too.
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
if(NOT TARGET xxhash::xxhash)
  add_library(xxhash::xxhash INTERFACE IMPORTED GLOBAL)
  target_include_directories(xxhash::xxhash SYSTEM INTERFACE
                             ${XXHASH_INCLUDE_DIR})
endif()

# Without libgit2, code snapshots are copies outside git.
if(NOT THEXP_WITH_GIT STREQUAL OFF)
  set(_thexp_git_required "")
  if(NOT THEXP_WITH_GIT STREQUAL AUTO)
    set(_thexp_git_required REQUIRED)
  endif()
  find_package(libgit2 1.5 ${_thexp_git_required})
endif()

if(THEXP_WITH_TORCH)
  include(${CMAKE_CURRENT_LIST_DIR}/ThexpTorch.cmake)
endif()
