# cmake -D SOURCE=... -D BUILD=... -D GENERATOR=... -D CACHE=... [-D ERROR=...]
#       [-D RUN=...] -P build_consumer.cmake -- [-D options for the consumer]
# Configures, builds and runs a project whose executable is called app, or that
# of RUN, which may give it arguments. With ERROR, configuring must fail with a
# message that matches.
set(options "")
set(seen_dashes OFF)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(seen_dashes)
    list(APPEND options "${CMAKE_ARGV${i}}")
  elseif("${CMAKE_ARGV${i}}" STREQUAL "--")
    set(seen_dashes ON)
  endif()
endforeach()

set(configure ${CMAKE_COMMAND} --fresh -S ${SOURCE} -B ${BUILD}
    -G ${GENERATOR} -C ${CACHE} ${options})

if(ERROR)
  execute_process(COMMAND ${configure}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  # CMake wraps its messages.
  string(REGEX REPLACE "[ \n]+" " " flat "${output}")
  if(result EQUAL 0 OR NOT flat MATCHES "${ERROR}")
    message(FATAL_ERROR
      "configuring should have failed with '${ERROR}'; it ended with "
      "${result} and printed:\n${output}")
  endif()
  return()
endif()

if(NOT RUN)
  set(RUN app)
endif()
separate_arguments(command UNIX_COMMAND "${RUN}")
list(POP_FRONT command app)

execute_process(COMMAND ${configure} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} --target ${app}
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${BUILD}/${app} ${command} WORKING_DIRECTORY ${BUILD}
                COMMAND_ERROR_IS_FATAL ANY)
