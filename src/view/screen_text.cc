// See screen_text.h.
#include "view/screen_text.h"

#include <algorithm>
#include <utility>

#include "synfin/report/wrap_words.h"

namespace synfin {

Line cut(Line line, std::size_t width) {
  Line out;
  for (Piece& piece : line) {
    const std::size_t columns = columns_of(piece.text);
    if (columns > width) piece.text.resize(bytes_of(piece.text, width));
    width -= std::min(width, columns);
    out.push_back(std::move(piece));
    if (width == 0) break;
  }
  return out;
}

std::string tail_of(const std::string& text, std::size_t width) {
  const std::size_t columns = columns_of(text);
  return columns <= width ? text : text.substr(bytes_of(text, columns - width));
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width, bool tall) {
  if (tall) return wrap_words(text, width);
  return {std::string(text)};
}

Line fitted(const std::vector<Piece>& pieces, std::size_t width) {
  Line line;
  std::size_t used = 0;
  for (const Piece& piece : pieces) {
    const std::size_t gap = line.empty() ? 0 : 2;
    if (piece.text.empty() || used + gap + columns_of(piece.text) > width) continue;
    if (gap != 0) line.push_back({std::string(gap, ' ')});
    line.push_back(piece);
    used += gap + columns_of(piece.text);
  }
  return line;
}

}  // namespace synfin
