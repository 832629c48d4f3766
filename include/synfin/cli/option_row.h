/// \file
/// OptionRow: one option of a command line as data. A program's options are a table of rows, from
/// which come the parser (option_parser.h), --help (help_text) and the completions of shells.
/// Tested in tests/unit/app/option_table_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/base/time.h"

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
  bool may_hold_secret = false;  ///< no message repeats the value
  bool may_be_empty = false;     ///< an empty text is a value; otherwise the value is missing
};

struct OptionRow {
  std::string_view group;  ///< a heading of --help and a subsection of synfin(1)
  std::string_view names;  ///< "-r,--read"
  std::string_view help;   ///< "{}" in it stands for the value's choices
  OptionValue value;
  /// The name() of an option that makes no sense beside this one. If the command line has it, the
  /// configuration file's value of this one is ignored.
  std::string_view gives_way_to = {};

  std::string help_sentence() const;
  /// The name that messages use: the long one if there is one.
  std::string_view name() const { return names.substr(names.find(',') + 1); }
  /// Its key in a configuration file: the name without dashes.
  std::string_view key() const { return name().substr(name().find_first_not_of('-')); }
  /// Its section there: the first word of the group in lower case, such as "live".
  std::string section() const;
};

/// The text that --help prints between `head` and `foot`, 80 columns wide.
std::string help_text(const std::vector<OptionRow>& table, std::string_view head,
                      std::string_view foot);

// Kinds of values. Each stores into its target, which must outlive the row.

OptionValue flag(bool& target);
OptionValue text(std::string word, std::string& target, Completion completion = Completion::None);
/// A value that may be given several times.
OptionValue list(std::string word, std::vector<std::string>& target,
                 Completion completion = Completion::None);
OptionValue duration(Duration& target);
OptionValue positive_duration(std::string word, std::optional<Duration>& target);

OptionValue optional_duration(std::optional<Duration>& target);
/// A point in time. Its text is stored, because --utc, which may follow, decides about the zone.
OptionValue time_text(std::string& target);
/// 0 to 100.
OptionValue percentage(double& target);
/// "80" or "80,443".
OptionValue port_list(std::string word, std::vector<std::uint16_t>& target);
/// "10" means 10 000 000 bytes, as tcpdump counts; "10k", "10M" and "1G" are powers of 1024.
OptionValue byte_size(std::string word, std::uint64_t& target);
/// Addresses and CIDRs; repeatable.
OptionValue network_list(std::string word, std::vector<Cidr>& target);

/// Parses a whole number of decimal digits from `min` to `max`. Returns false for any other text.
bool parse_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& out);
/// "a number of packets from 1 on".
std::string expected_number(std::uint64_t min, std::uint64_t max, std::string_view things);

/// A number of `things`, such as "packets".
template <typename T>
OptionValue number(std::string word, T& target, std::uint64_t min, std::uint64_t max,
                   std::string_view things) {
  return {.word = std::move(word),
          .expects = expected_number(min, max, things),
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
