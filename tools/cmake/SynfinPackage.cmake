# Read by cpack before it builds the package: stops if a program is missing without which the package would lack its dependencies.
foreach(program dpkg-shlibdeps file)
  find_program(found_${program} ${program})
  if(NOT found_${program})
    message(FATAL_ERROR "cpack needs ${program}: install the packages dpkg-dev and file, or run tools/package")
  endif()
endforeach()
