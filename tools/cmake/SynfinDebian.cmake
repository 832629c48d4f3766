# Run by cpack on the installed files, before it makes the package: brings them into the form that Debian's policy asks for.
file(GLOB trees ${CPACK_TEMPORARY_INSTALL_DIRECTORY} ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*)
foreach(tree ${trees})
  set(share ${tree}/usr/share)
  if(NOT EXISTS ${share}/doc/synfin)
    continue()
  endif()
  # In Debian, zsh does not search site-functions below /usr.
  if(EXISTS ${share}/zsh/site-functions)
    file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
  endif()
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, if it is set
  set(changes "  * Built from the sources of synfin ${CPACK_PACKAGE_VERSION}.")
  file(WRITE ${share}/doc/synfin/changelog
       "synfin (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium\n\n${changes}\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
  file(GLOB pages ${share}/man/man*/*.[0-9])
  execute_process(COMMAND gzip -9n ${pages} ${share}/doc/synfin/changelog COMMAND_ERROR_IS_FATAL ANY)
endforeach()
