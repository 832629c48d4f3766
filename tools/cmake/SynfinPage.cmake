# Embeds the style and the script of the HTML report in synfin_report: src/report/page/ → page_assets.h.
#   cmake -DSTYLE=a.css -DSCRIPTS=a.js,b.js -DHEADER=page_assets.h -P SynfinPage.cmake
# Included by CMakeLists.txt, it adds the command that does this at build time. The scripts become one function, so they share their names and
# add none to the page.

# Sets `result` to the SHA-256 of a file in base64, as a Content-Security-Policy contains it.
function(synfin_base64_hash file result)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  file(SHA256 "${file}" hex)
  set(text "")
  foreach(at RANGE 0 57 6)  # each three bytes are four digits
    string(SUBSTRING "${hex}" ${at} 6 bytes)
    foreach(shift 18 12 6 0)
      math(EXPR digit "(0x${bytes} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${digit} 1 letter)
      string(APPEND text "${letter}")
    endforeach()
  endforeach()
  string(SUBSTRING "${hex}" 60 4 bytes)  # the last two of 32 bytes are three digits
  foreach(shift 12 6 0)
    math(EXPR digit "((0x${bytes} << 2) >> ${shift}) & 63")
    string(SUBSTRING "${alphabet}" ${digit} 1 letter)
    string(APPEND text "${letter}")
  endforeach()
  set(${result} "${text}=" PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  string(REPLACE "," ";" scripts "${SCRIPTS}")
  set(script "'use strict';\n(() => {\n")
  set(parts "    R\"PAGE(${script})PAGE\",\n")  # compilers need not support literals above 64 KiB
  foreach(file ${scripts})
    file(READ "${file}" text)
    string(APPEND script "${text}")
    string(APPEND parts "    R\"PAGE(${text})PAGE\",\n")
  endforeach()
  string(APPEND script "})();\n")
  string(APPEND parts "    \"})();\\n\"")
  file(READ "${STYLE}" style)
  file(WRITE "${HEADER}.style" "${style}")
  file(WRITE "${HEADER}.script" "${script}")
  synfin_base64_hash("${HEADER}.style" style_hash)
  synfin_base64_hash("${HEADER}.script" script_hash)
  file(WRITE "${HEADER}" "#pragma once
#include <string_view>
inline constexpr std::string_view kPageStyleHash = \"sha256-${style_hash}\";
inline constexpr std::string_view kPageScriptHash = \"sha256-${script_hash}\";
inline constexpr std::string_view kPageStyle = R\"PAGE(${style})PAGE\";
inline constexpr std::string_view kPageScript[] = {
${parts}};
")
  return()
endif()

set(page_folder ${PROJECT_SOURCE_DIR}/src/report/page)
set(page_header ${PROJECT_BINARY_DIR}/page/page_assets.h)
file(GLOB page_scripts CONFIGURE_DEPENDS ${page_folder}/*.js)  # in the order of their names; main.js only calls the others
list(FILTER page_scripts EXCLUDE REGEX "/main\\.js$")
list(APPEND page_scripts ${page_folder}/main.js)
string(REPLACE ";" "," page_script_list "${page_scripts}")
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/page)
add_custom_command(
  OUTPUT ${page_header}
  COMMAND ${CMAKE_COMMAND} -DSTYLE=${page_folder}/page.css -DSCRIPTS=${page_script_list} -DHEADER=${page_header} -P ${CMAKE_CURRENT_LIST_FILE}
  DEPENDS ${page_folder}/page.css ${page_scripts} ${CMAKE_CURRENT_LIST_FILE}
  COMMENT "Embedding the HTML report's page" VERBATIM)
target_sources(synfin_report PRIVATE ${page_header})
target_include_directories(synfin_report PRIVATE ${PROJECT_BINARY_DIR}/page)
