/// \file
/// wrap_words(): a text as lines that fit a width. Tested in tests/unit/report/text_test.cc and
/// tests/unit/report/diff_lists_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace synfin {

/// `text` in lines of at most `width` columns, divided at blanks if possible. REQUIRES: `text` is
/// escaped, and width > 0.
std::vector<std::string> wrap_words(std::string_view text, std::size_t width);

}  // namespace synfin
