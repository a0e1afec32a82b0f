# cmake -D BUILD=... -D PREFIX=... -P install_tree.cmake
# Installs a build tree into an empty folder.
file(REMOVE_RECURSE ${PREFIX})
execute_process(
  COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX}
  COMMAND_ERROR_IS_FATAL ANY)
