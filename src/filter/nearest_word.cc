// See nearest_word.h.
#include "filter/nearest_word.h"

#include <algorithm>
#include <cstddef>

#include "synfin/base/edit_distance.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxWord = 32;
constexpr std::size_t kMaxEdits = 3;
constexpr std::size_t kPrefix = 3;  ///< letters that suffice as the beginning of a word

}  // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  if (word.empty() || word.size() > kMaxWord) return {};
  std::string_view nearest;
  std::size_t fewest = kMaxEdits + 1;
  for (const std::string_view candidate : words) {
    if (candidate.size() > kMaxWord) continue;
    const std::size_t edits = edit_distance(word, candidate);
    const std::size_t allowed = std::max<std::size_t>(1, candidate.size() / 3);
    if (edits <= allowed && edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  if (!nearest.empty() || word.size() < kPrefix) return nearest;
  const auto longer = std::find_if(words.begin(), words.end(), [word](std::string_view candidate) {
    return candidate.starts_with(word);
  });
  return longer == words.end() ? nearest : *longer;
}

}  // namespace synfin
