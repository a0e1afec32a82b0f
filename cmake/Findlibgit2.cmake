# libgit2::libgit2. Debian 12's package has no CMake file. Installed too:
# thexpConfig.cmake finds it the same way.
find_path(libgit2_INCLUDE_DIR git2.h)
find_library(libgit2_LIBRARY git2)
mark_as_advanced(libgit2_INCLUDE_DIR libgit2_LIBRARY)

if(libgit2_INCLUDE_DIR AND EXISTS ${libgit2_INCLUDE_DIR}/git2/version.h)
  file(STRINGS ${libgit2_INCLUDE_DIR}/git2/version.h _libgit2_line
       REGEX "#define[ \t]+LIBGIT2_VERSION[ \t]+\"")
  string(REGEX MATCH "[0-9]+[.][0-9]+[.][0-9]+" libgit2_VERSION
         "${_libgit2_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libgit2
  REQUIRED_VARS libgit2_LIBRARY libgit2_INCLUDE_DIR
  VERSION_VAR libgit2_VERSION)

if(libgit2_FOUND AND NOT TARGET libgit2::libgit2)
  add_library(libgit2::libgit2 UNKNOWN IMPORTED)
  set_target_properties(libgit2::libgit2 PROPERTIES
    IMPORTED_LOCATION "${libgit2_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${libgit2_INCLUDE_DIR}")
endif()
