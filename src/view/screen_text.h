/// \file
/// Lines of text that fit the screen. Tested in tests/unit/view/screen_frame_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/report/text_table.h"

namespace synfin {

/// The first `width` columns of `line`.
Line cut(Line line, std::size_t width);

/// The last `width` columns of `text`.
std::string tail_of(const std::string& text, std::size_t width);

/// Breaks `text` at blanks into lines of at most `width` columns; returns one long line unless
/// `tall`.
std::vector<std::string> wrapped(std::string_view text, std::size_t width, bool tall);

/// Joins the pieces that fit into `width`. Pieces are sorted by importance; the last are dropped
/// first.
Line fitted(const std::vector<Piece>& pieces, std::size_t width);

}  // namespace synfin
