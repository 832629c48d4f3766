// See wrap_words.h.
#include "synfin/report/wrap_words.h"

#include <algorithm>

#include "synfin/base/utf8.h"
#include "synfin/report/text_table.h"

namespace synfin {

std::vector<std::string> wrap_words(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (columns_of(text) > width) {
    const std::size_t fits = std::max(decode_utf8(text).size, bytes_of(text, width));
    const std::size_t blank = text.rfind(' ', fits);
    const std::size_t end = blank == text.npos || blank == 0 ? fits : blank;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  lines.emplace_back(text);
  return lines;
}

}  // namespace synfin
