/// \file
/// Hints for a wrong command line: what a person probably meant. Tested in
/// tests/unit/cli/option_hints_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "synfin/cli/option_row.h"

namespace synfin {

/// Checks the words after the options for mistakes: an unknown option, options after the first
/// filter word, or a file or interface without -r or -i. `command` is what precedes --help to list
/// the options of the table. Returns a sentence, or an empty string.
std::string check_filter_words(const std::vector<OptionRow>& table,
                               const std::vector<std::string>& words,
                               std::string_view command = "synfin");

/// Checks a word for a long option with one dash (-view) and a short one with "=" (-o=report.txt),
/// which would be parsed as short options and values. Returns a sentence, or an empty string.
std::string check_dashes(const std::vector<OptionRow>& table, std::string_view word);

/// The choice that `given` was probably meant to be, or an empty string.
std::string nearest_choice(const std::vector<std::string>& choices, std::string_view given);

/// The long options that differ least from `word`, by few letters at most; three at most. For one
/// letter, "-f", those that begin with it, if they are one or two.
std::vector<std::string> nearest_options(const std::vector<OptionRow>& table,
                                         std::string_view word);

}  // namespace synfin
