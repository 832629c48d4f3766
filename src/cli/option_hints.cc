// See option_hints.h.
#include "cli/option_hints.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <net/if.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
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

bool exists(const std::string& word) {
  struct stat info {};
  return stat(word.c_str(), &info) == 0;
}

bool names_capture(std::string_view word) {
  const auto ends = [&](std::string_view end) { return word.ends_with(end); };
  return ends(".pcap") || ends(".pcapng") || ends(".pcap.gz") || ends(".pcapng.gz") ||
         ends(".pcap.zst") || ends(".pcapng.zst");
}

/// Does not repeat the value behind "=", which may be a URL with a password.
std::string unknown_option(const std::vector<OptionRow>& table, std::string_view word,
                           std::string_view command) {
  word = word.substr(0, word.find('='));
  const auto nearest = nearest_options(table, word);
  if (nearest.empty()) return fmt::format("unknown option {} ({} --help lists all)", word, command);
  return fmt::format("unknown option {}; did you mean {}?{}", word, fmt::join(nearest, " or "),
                     command == "synfin" ? "" : fmt::format(" ({} --help lists all)", command));
}

/// En dash, em dash and minus sign, which word processors put in the place of hyphens.
bool begins_with_other_dash(std::string_view word) {
  return word.starts_with("\u2013") || word.starts_with("\u2014") || word.starts_with("\u2212");
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

}  // namespace

std::string check_dashes(const std::vector<OptionRow>& table, std::string_view word) {
  if (word.size() < 3 || word[0] != '-' || word[1] == '-') return {};
  const std::string_view name = word.substr(0, word.find('='));
  for (const OptionRow& row : table) {
    if (name.size() > 2 && row.name().starts_with("--") && row.name().substr(1) == name)
      return fmt::format("unknown option {}; did you mean {}?", name, row.name());
    if (name.size() == 2 && !row.value.word.empty() && row.names.starts_with(name))
      return fmt::format("{0} takes its value without '=': {0} {1}", name, word.substr(3));
  }
  return {};
}

std::string nearest_choice(const std::vector<std::string>& choices, std::string_view given) {
  const std::string word = lower_case(given.substr(0, 32));
  const std::string* nearest = nullptr;
  std::size_t least = 3;
  for (const std::string& choice : choices) {
    const bool prefix = word.size() > 1 && choice.starts_with(word);
    const std::size_t distance = prefix ? 0 : edit_distance(choice, word);
    if (distance >= least || distance * 2 > choice.size()) continue;
    least = distance;
    nearest = &choice;
  }
  return nearest == nullptr ? std::string() : *nearest;
}

std::vector<std::string> nearest_options(const std::vector<OptionRow>& table,
                                         std::string_view word) {
  word = word.substr(0, word.find('='));
  std::vector<std::pair<std::size_t, std::string>> found;
  const bool letter = word.size() == 2 && word[0] == '-' && word[1] != '-';
  for (const OptionRow& row : table) {
    if (letter && row.name().starts_with("--") && row.name()[2] == word[1])
      found.emplace_back(0, row.name());
    if (!row.name().starts_with("--") || !word.starts_with("--")) continue;
    const std::size_t distance = edit_distance(row.name(), word);
    const bool prefix = word.size() > 3 && row.name().starts_with(word);
    if (distance <= std::max<std::size_t>(2, (word.size() - 2) / 4) || prefix)
      found.emplace_back(prefix ? 0 : distance, row.name());
  }
  std::size_t least = SIZE_MAX;
  for (const auto& [distance, name] : found) least = std::min(least, distance);
  std::vector<std::string> names;
  constexpr std::size_t kMaxOfLetter = 2;
  if (letter && found.size() > kMaxOfLetter) return names;
  for (const auto& [distance, name] : found) {
    if (distance == least && names.size() < 3) names.push_back(name);
  }
  return names;
}

std::string check_filter_words(const std::vector<OptionRow>& table,
                               const std::vector<std::string>& words, std::string_view command) {
  if (words.empty()) return {};
  const std::string& first = words[0];
  if (first.size() > 1 && first[0] == '-') return unknown_option(table, first, command);
  if (begins_with_other_dash(first))
    return fmt::format("'{}' begins with a dash that is no hyphen; options begin with '-'", first);
  if (words.size() == 1 && first == "help" && !exists(first))
    return fmt::format(
        "{} --help prints the help; to select a host of the name help, write \"host help\"",
        command);
  if (exists(first))
    return fmt::format("'{0}' is a file, not a filter expression; did you mean -r {0}?", first);
  if (names_capture(first))
    return fmt::format(
        "'{0}' is the name of a capture, not a filter expression; did you mean -r "
        "{0}? A name with spaces needs quotes",
        first);
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
