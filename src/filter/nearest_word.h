/// \file
/// nearest_word(): suggests the word that a person may have misspelt. Tested in
/// tests/unit/filter/nearest_word_test.cc.
#pragma once

#include <span>
#include <string_view>

namespace synfin {

/// The word with the fewest edits (insert, delete, replace, swap of neighbours) from `word`, or an
/// empty view if every word needs more than a third of its letters, or more than three, and none
/// begins with `word`. Words of more than 32 bytes have no neighbour. REQUIRES: lower-case words.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

}  // namespace synfin
