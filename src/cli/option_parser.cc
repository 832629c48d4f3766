// The command line by CLI11, with the sentences of this program. See option_parser.h.
#include "synfin/cli/option_parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string_view>

#include "cli/option_hints.h"

namespace synfin {
namespace {

Error usage(std::string message) { return {std::move(message), ErrorKind::Usage}; }

std::string needs_value(const OptionRow& row) {
  return fmt::format("{} needs a value: {}", row.name(), row.value.word);
}

std::string wrong_value(const OptionRow& row, const std::string& given) {
  const std::string nearest = nearest_choice(row.value.choices, given);
  return fmt::format("{} takes {}, not '{}'{}", row.name(), row.value.expects, given,
                     nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest));
}

/// Stores the values of one option. Returns a sentence for a value that is not valid.
std::string store(const OptionRow& row, const CLI::Option& option) {
  const auto& values = option.results();
  if (row.value.word.empty()) {
    if (!values.empty() && values.back() != "false") row.value.set({});
    return {};
  }
  if (values.size() > 1 && !row.value.repeatable)
    return fmt::format("{} may be given only once", row.name());
  for (const std::string& given : values) {
    if (given.empty() && !row.value.may_be_empty) return needs_value(row);
    if (!row.value.set(given)) return wrong_value(row, given);
  }
  return {};
}

/// The row of the option whose value is missing. CLI11 begins its sentence with the option's name.
std::string missing_value(const std::vector<OptionRow>& table, const CLI::ParseError& error) {
  const std::string sentence = error.what();
  const std::string name = sentence.substr(0, sentence.find(':'));
  for (const OptionRow& row : table) {
    if (row.name() == name) return needs_value(row);
  }
  return sentence;
}

bool is_given(const CLI::Option* option) { return option->count() != 0; }

}  // namespace

Result<std::vector<std::string>> parse_words(const std::vector<OptionRow>& table, int argc,
                                             const char* const* argv) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    std::string wrong = check_dashes(table, argv[i]);
    if (!wrong.empty()) return usage(std::move(wrong));
  }
  CLI::App app;
  app.prefix_command();
  app.set_help_flag();
  std::vector<CLI::Option*> options;
  for (const OptionRow& row : table) {
    CLI::Option* option =
        row.value.word.empty()
            ? app.add_flag(std::string(row.names))
            : app.add_option(std::string(row.names), CLI::callback_t{})->type_name(row.value.word);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    // One value after each name, and any number of names.
    if (!row.value.word.empty()) option->type_size(1)->expected(-1)->allow_extra_args(false);
    options.push_back(option);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage(missing_value(table, error));
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    const bool ends = table[i].name() == "--help" || table[i].name() == "--version";
    if (!ends || !is_given(options[i])) continue;
    table[i].value.set({});
    return std::vector<std::string>{};
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    std::string wrong = store(table[i], *options[i]);
    if (!wrong.empty()) return usage(std::move(wrong));
  }
  std::vector<std::string> words = app.remaining();
  const bool dashes = !words.empty() && words[0] == "--";
  if (dashes) words.erase(words.begin());
  std::string wrong = dashes ? std::string{} : check_filter_words(table, words);
  if (!wrong.empty()) return usage(std::move(wrong));
  return words;
}

}  // namespace synfin
