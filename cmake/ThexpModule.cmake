include(${CMAKE_CURRENT_LIST_DIR}/ThexpCompilerCache.cmake)

# Properties that every target of ours has.
function(thexp_configure_target target)
  target_compile_features(${target} PUBLIC cxx_std_17)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  if(THEXP_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(THEXP_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${THEXP_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${THEXP_SANITIZE})
  endif()
  if(THEXP_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage -O0)
    target_link_options(${target} PRIVATE --coverage)
  endif()
endfunction()

# One translation unit for each public header: it includes the header alone,
# and a torch-free one proves that it pulls in nothing of LibTorch.
function(thexp_add_header_check target torch_free headers)
  set(units)
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "^include/" "" spelling "${header}")
    string(MAKE_C_IDENTIFIER "${spelling}" id)
    set(guard "")
    if(torch_free)
      string(CONCAT guard
        "#if defined(C10_API) || defined(TORCH_API)\n"
        "#error \"${spelling} must not include LibTorch\"\n"
        "#endif\n")
    endif()
    set(unit ${CMAKE_CURRENT_BINARY_DIR}/header_check/${id}.cpp)
    file(CONFIGURE OUTPUT ${unit}
         CONTENT "#include \"${spelling}\"\n${guard}" @ONLY)
    list(APPEND units ${unit})
  endforeach()
  add_library(${target}_header_check OBJECT ${units})
  target_link_libraries(${target}_header_check PRIVATE ${target})
  thexp_configure_target(${target}_header_check)
endfunction()

# The export set and the find_package component of a module.
function(thexp_install_module name torch_free)
  set(kind Torch)
  if(torch_free)
    set(kind Base)
  endif()
  install(TARGETS thexp_${name} EXPORT thexp${kind}Targets FILE_SET HEADERS)
  string(TOUPPER ${kind} kind)
  set_property(GLOBAL APPEND PROPERTY THEXP_${kind}_COMPONENTS ${name})
endfunction()

# thexp_add_module(<name> [TORCH_FREE]
#                  HEADERS include/thexp/<name>/x.h ... SOURCES src/x.cpp ...
#                  PUBLIC_DEPS ... PRIVATE_DEPS ...)
# Adds the library thexp::<name>, its header checks and its install rules.
# A header that is not listed would be neither checked nor installed.
function(thexp_require_all_listed)
  file(GLOB_RECURSE there CONFIGURE_DEPENDS
       RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} include/*.h)
  list(REMOVE_ITEM there ${ARGN})
  if(there)
    message(FATAL_ERROR "add to HEADERS in ${CMAKE_CURRENT_LIST_FILE}: ${there}")
  endif()
endfunction()

function(thexp_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH_FREE" ""
                        "HEADERS;SOURCES;PUBLIC_DEPS;PRIVATE_DEPS")
  thexp_require_all_listed(${arg_HEADERS})
  set(target thexp_${name})
  add_library(${target} ${arg_SOURCES})
  add_library(thexp::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name}
    INSTALL_RPATH "\$ORIGIN"  # shared libraries find each other
    INSTALL_RPATH_USE_LINK_PATH ON)
  thexp_configure_target(${target})
  # LibTorch's headers take most of the time of a file: read once for a part,
  # a build from scratch takes a third of it; a change costs more.
  if(THEXP_UNITY AND NOT arg_TORCH_FREE)
    set_target_properties(${target} PROPERTIES
      UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  endif()
  target_sources(${target} PUBLIC
                 FILE_SET HEADERS BASE_DIRS include FILES ${arg_HEADERS})
  # Header-only and private: an installed library does without it.
  list(TRANSFORM arg_PRIVATE_DEPS
       REPLACE "^(nlohmann_json|protozero|xxhash)::.*" "$<BUILD_INTERFACE:\\0>")
  target_link_libraries(${target}
                        PUBLIC ${arg_PUBLIC_DEPS} PRIVATE ${arg_PRIVATE_DEPS})
  if(THEXP_HEADER_CHECKS)
    thexp_add_header_check(${target} ${arg_TORCH_FREE} "${arg_HEADERS}")
  endif()
  if(THEXP_INSTALL)
    thexp_install_module(${name} ${arg_TORCH_FREE})
  endif()
endfunction()

# thexp_add_bundle(<name> <dep>...): the interface target thexp::<name>, which
# brings parts together.
function(thexp_add_bundle name)
  set(target thexp_${name})
  add_library(${target} INTERFACE)
  add_library(thexp::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_link_libraries(${target} INTERFACE ${ARGN})
  set_property(GLOBAL APPEND PROPERTY THEXP_TORCH_COMPONENTS ${name})
  if(THEXP_INSTALL)
    install(TARGETS ${target} EXPORT thexpTorchTargets)
  endif()
endfunction()
