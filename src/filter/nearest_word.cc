// See nearest_word.h. The distance is Damerau-Levenshtein's, restricted to one swap per place.
#include "filter/nearest_word.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace synfin {
namespace {

constexpr std::size_t kMaxWord = 32;
constexpr std::size_t kMaxEdits = 3;

std::size_t edits_between(std::string_view a, std::string_view b) {
  using Row = std::array<std::size_t, kMaxWord + 1>;
  Row before_last{}, last{}, current{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = current;
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  if (word.empty() || word.size() > kMaxWord) return {};
  std::string_view nearest;
  std::size_t fewest = kMaxEdits + 1;
  for (const std::string_view candidate : words) {
    if (candidate.size() > kMaxWord) continue;
    const std::size_t edits = edits_between(word, candidate);
    const std::size_t allowed = std::max<std::size_t>(1, candidate.size() / 3);
    if (edits <= allowed && edits < fewest) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace synfin
