/// \file
/// The table of options, one row each. The parser (option_parser.h) and --help read it;
/// tools/options generates the shell completions from it and compares it with synfin(1). Tested in
/// tests/unit/app/option_table_test.cc.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/options.h"

namespace synfin {

/// What a shell offers for a value. `Words` offers OptionValue::choices.
enum class Completion { None, File, Interface, User, Words };

struct OptionValue {
  std::string word;     ///< the value's name in --help, "FILE"; empty: the option is a flag
  std::string expects;  ///< completes the message "--view takes …, not 'x'"
  std::function<bool(const std::string&)> set;  ///< stores a text; false: the text is not valid
  Completion completion = Completion::None;
  std::vector<std::string> choices = {};
  bool repeatable = false;
};

struct OptionRow {
  std::string_view group;  ///< a heading of --help and a subsection of synfin(1)
  std::string_view names;  ///< "-r,--read"
  std::string_view help;   ///< "{}" in it stands for the value's choices
  OptionValue value;

  std::string help_sentence() const;
  /// The name that messages use: the long one if there is one.
  std::string_view name() const { return names.substr(names.find(',') + 1); }
};

/// The options while they are parsed. Texts whose meaning depends on other options wait here.
struct OptionDraft {
  Options options;
  std::string after, before, filter_file;
  bool scroll = false;
  bool help = false;
  bool version = false;
};

/// All options in the order of --help. The rows store into `draft`, which must outlive them.
std::vector<OptionRow> option_table(OptionDraft& draft);

/// The text that --help prints, 80 columns wide.
std::string help_text(const std::vector<OptionRow>& table);

// Kinds of values. Each stores into its target, which must outlive the row.

OptionValue flag(bool& target);
OptionValue text(std::string word, std::string& target, Completion completion = Completion::None);
/// A value that may be given several times.
OptionValue list(std::string word, std::vector<std::string>& target,
                 Completion completion = Completion::None);
OptionValue duration(Duration& target);
OptionValue positive_duration(std::string word, std::optional<Duration>& target);

/// A whole number of decimal digits from `min` to `max`.
bool parse_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& out);
std::string expected_number(std::uint64_t min, std::uint64_t max);

template <typename T>
OptionValue number(std::string word, T& target, std::uint64_t min, std::uint64_t max) {
  return {.word = std::move(word),
          .expects = expected_number(min, max),
          .set = [&target, min, max](const std::string& given) {
            std::uint64_t parsed = 0;
            if (!parse_number(given, min, max, parsed)) return false;
            target = static_cast<T>(parsed);
            return true;
          }};
}

/// A value of the kind Words without its choices.
OptionValue choice_of(std::string word);

/// One of a few words.
template <typename Value, typename Target>
OptionValue choice(std::string word, Target& target,
                   std::vector<std::pair<std::string, Value>> choices) {
  OptionValue value = choice_of(std::move(word));
  for (const auto& [name, meaning] : choices) {
    if (!value.choices.empty()) value.expects += name == choices.back().first ? " or " : ", ";
    value.expects += name;
    value.choices.push_back(name);
  }
  value.set = [&target, known = std::move(choices)](const std::string& given) {
    for (const auto& [name, meaning] : known) {
      if (given != name) continue;
      target = meaning;
      return true;
    }
    return false;
  };
  return value;
}

}  // namespace synfin
