// See option_hints.h.
#include "cli/option_hints.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <net/if.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>

#include "synfin/base/edit_distance.h"

namespace synfin {
namespace {

bool is_option(const std::vector<OptionRow>& table, std::string_view word) {
  word = word.substr(0, word.find('='));
  return std::any_of(table.begin(), table.end(), [&](const OptionRow& row) {
    return row.name() == word || row.names.substr(0, row.names.find(',')) == word;
  });
}

bool names_capture(const std::string& word) {
  struct stat info {};
  if (stat(word.c_str(), &info) == 0) return true;
  const auto ends = [&](std::string_view end) { return word.ends_with(end); };
  return ends(".pcap") || ends(".pcapng") || ends(".pcap.gz") || ends(".pcapng.gz") ||
         ends(".pcap.zst") || ends(".pcapng.zst");
}

std::string unknown_option(const std::vector<OptionRow>& table, const std::string& word) {
  const auto nearest = nearest_options(table, word);
  if (nearest.empty()) return fmt::format("unknown option {} (synfin --help lists all)", word);
  return fmt::format("unknown option {}; did you mean {}?", word, fmt::join(nearest, " or "));
}

}  // namespace

std::vector<std::string> nearest_options(const std::vector<OptionRow>& table,
                                         std::string_view word) {
  word = word.substr(0, word.find('='));
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const OptionRow& row : table) {
    if (!row.name().starts_with("--") || !word.starts_with("--")) continue;
    const std::size_t distance = edit_distance(row.name(), word);
    const bool prefix = word.size() > 3 && row.name().starts_with(word);
    if (distance <= std::max<std::size_t>(2, (word.size() - 2) / 4) || prefix)
      found.emplace_back(prefix ? 0 : distance, row.name());
  }
  std::size_t least = SIZE_MAX;
  for (const auto& [distance, name] : found) least = std::min(least, distance);
  std::vector<std::string> names;
  for (const auto& [distance, name] : found) {
    if (distance == least && names.size() < 3) names.push_back(name);
  }
  return names;
}

std::string check_filter_words(const std::vector<OptionRow>& table,
                               const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const std::string& first = words[0];
  if (first.size() > 1 && first[0] == '-') return unknown_option(table, first);
  if (names_capture(first))
    return fmt::format("'{0}' is a file, not a filter expression; did you mean -r {0}?", first);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].size() < 2 || words[i][0] != '-' || !is_option(table, words[i])) continue;
    return fmt::format("option {} follows the filter, which begins at '{}': options come first",
                       words[i], first);
  }
  if (words.size() == 1 && if_nametoindex(first.c_str()) != 0)
    return fmt::format("'{0}' is an interface, not a filter expression; did you mean -i {0}?",
                       first);
  return {};
}

}  // namespace synfin
