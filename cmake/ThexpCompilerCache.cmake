# Compiles through ccache where it is installed and no launcher was given.
if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(THEXP_CCACHE ccache)
  mark_as_advanced(THEXP_CCACHE)
  if(THEXP_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${THEXP_CCACHE})
  endif()
endif()
