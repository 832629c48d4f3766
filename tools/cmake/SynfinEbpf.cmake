# Compiles the eBPF program and embeds it in synfin_enrich if clang, bpftool and libbpf are installed. The kernel of the building machine does not
# matter.
pkg_check_modules(LIBBPF IMPORTED_TARGET libbpf>=1.0)
if(NOT LIBBPF_FOUND)
  set(LIBBPF_FOUND 0)  # read by synfin-config.cmake
endif()
find_program(SYNFIN_BPF_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)
find_program(SYNFIN_BPFTOOL bpftool PATHS /usr/sbin)
if(NOT LIBBPF_FOUND OR NOT SYNFIN_BPF_CLANG OR NOT SYNFIN_BPFTOOL)
  message(STATUS "Built without eBPF, which finds the processes of very short connections: libbpf, clang or bpftool is missing")
  set(LIBBPF_FOUND 0)
  return()
endif()

set(bpf_source ${PROJECT_SOURCE_DIR}/src/enrich/bpf/socket_events.bpf.c)
set(bpf_record ${PROJECT_SOURCE_DIR}/src/enrich/socket_record.h)
set(bpf_folder ${PROJECT_BINARY_DIR}/ebpf)
file(MAKE_DIRECTORY ${bpf_folder})
add_custom_command(
  OUTPUT ${bpf_folder}/socket_events.skel.h
  COMMAND ${SYNFIN_BPF_CLANG} -target bpf -O2 -g -Wall -Wextra -Wno-unused-parameter -I ${PROJECT_SOURCE_DIR}/src
          -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -c ${bpf_source} -o ${bpf_folder}/socket_events.bpf.o
  # clang-tidy ignores generated code.
  COMMAND echo "// NOLINTBEGIN" > ${bpf_folder}/socket_events.skel.h
  COMMAND ${SYNFIN_BPFTOOL} gen skeleton ${bpf_folder}/socket_events.bpf.o name socket_events_program >> ${bpf_folder}/socket_events.skel.h
  COMMAND echo "// NOLINTEND" >> ${bpf_folder}/socket_events.skel.h
  DEPENDS ${bpf_source} ${bpf_record}
  COMMENT "Compiling the eBPF program" VERBATIM)
target_sources(synfin_enrich PRIVATE ${bpf_folder}/socket_events.skel.h)
set_source_files_properties(src/enrich/socket_events.cc PROPERTIES COMPILE_DEFINITIONS SYNFIN_EBPF)
target_include_directories(synfin_enrich SYSTEM PRIVATE ${bpf_folder})
target_link_libraries(synfin_enrich PUBLIC PkgConfig::LIBBPF)
