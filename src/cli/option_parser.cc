// The command line by CLI11, with the sentences of this program. See option_parser.h.
#include "synfin/cli/option_parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "cli/config_options.h"
#include "cli/option_hints.h"
#include "synfin/base/print_text.h"
#include "synfin/base/result.h"

namespace synfin {
namespace {

std::string needs_value(const OptionRow& row) {
  return fmt::format("{} needs a value: {}", row.name(), row.value.word);
}

/// Does not repeat a value that may hold a password, as a URL does in front of its "@".
std::string wrong_value(const OptionRow& row, const std::string& given) {
  if (row.value.may_hold_secret || given.find('@') != given.npos)
    return fmt::format("{} takes {}", row.name(), row.value.expects);
  const std::string nearest = nearest_choice(row.value.choices, given);
  return fmt::format("{} takes {}, not '{}'{}", row.name(), row.value.expects, given,
                     nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest));
}

/// Stores the values of one option. Returns a sentence for a value that is not valid.
std::string store(const OptionSetting& setting) {
  const OptionRow& row = *setting.row;
  if (row.value.word.empty()) {
    if (!setting.values.empty() && setting.values.back() != "false") row.value.set({});
    return {};
  }
  if (setting.values.size() > 1 && !row.value.repeatable)
    return fmt::format("{} may be given only once", row.name());
  for (const std::string& given : setting.values) {
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

/// The parser of the table, and what it found.
struct CommandLineParser {
  explicit CommandLineParser(const std::vector<OptionRow>& rows) : table(rows) {
    app.prefix_command();
    app.set_help_flag();
    for (const OptionRow& row : rows) {
      CLI::Option* option = row.value.word.empty()
                                ? app.add_flag(std::string(row.names))
                                : app.add_option(std::string(row.names), CLI::callback_t{})
                                      ->type_name(row.value.word);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      // One value after each name, and any number of names.
      if (!row.value.word.empty()) option->type_size(1)->expected(-1)->allow_extra_args(false);
      options.push_back(option);
    }
  }

  /// The option of a name(), if the command line has it.
  const CLI::Option* given(std::string_view name) const {
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (table[i].name() == name && options[i]->count() != 0) return options[i];
    }
    return nullptr;
  }

  const std::vector<OptionRow>& table;
  CLI::App app;
  std::vector<CLI::Option*> options;
};

/// Adds the settings of the configuration file to those of the command line.
Status add_config(const CommandLineParser& parser, const ConfigLoader& load, ParsedWords& parsed) {
  if (!load) return Ok{};
  const CLI::Option* const named = parser.given("--config");
  auto file = load(named == nullptr ? std::string{} : named->results().back());
  if (!file) return file.error();
  auto more = config_options(parser.table, *file,
                             [&](std::string_view name) { return parser.given(name) != nullptr; });
  if (!more) return more.error();
  parsed.config = std::move(*file);
  if (!parsed.filter.empty())
    std::erase_if(more->settings, [](const OptionSetting& one) { return one.row->name() == "-F"; });
  parsed.settings.insert(parsed.settings.end(), more->settings.begin(), more->settings.end());
  if (parsed.filter.empty() && parser.given("-F") == nullptr && !more->filter.empty())
    parsed.filter = {more->filter};
  return Ok{};
}

/// True if `sentence` has the text between blanks or signs.
bool has_word(std::string_view sentence, std::string_view word) {
  const auto is_part = [&](std::size_t at) {
    return at < sentence.size() && is_key(sentence.substr(at, 1));
  };
  for (std::size_t at = sentence.find(word); at != sentence.npos;
       at = sentence.find(word, at + 1)) {
    if (!is_part(at - 1) && !is_part(at + word.size())) return true;
  }
  return false;
}

bool names_option(std::string_view sentence, const OptionRow& row) {
  return has_word(sentence, row.name()) ||
         has_word(sentence, row.names.substr(0, row.names.find(',')));
}

}  // namespace

bool ParsedWords::has(std::string_view name) const {
  return std::any_of(settings.begin(), settings.end(),
                     [&](const OptionSetting& one) { return one.row->name() == name; });
}

std::string ParsedWords::places_of(std::string_view sentence) const {
  std::vector<std::size_t> lines;
  for (const ConfigEntry& entry : config.entries) {
    const bool named = std::any_of(settings.begin(), settings.end(), [&](const OptionSetting& one) {
      return one.from_file && one.row->key() == entry.key && names_option(sentence, *one.row);
    });
    if (named) lines.push_back(entry.line);
  }
  if (lines.empty()) return {};
  return fmt::format("{}:{}: ", config.path, fmt::join(lines, " and "));
}

Result<ParsedWords> parse_words(const std::vector<OptionRow>& table, int argc,
                                const char* const* argv, const ConfigLoader& load,
                                std::string_view command) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    std::string wrong = check_dashes(table, argv[i]);
    if (!wrong.empty()) return usage_error(std::move(wrong));
  }
  CommandLineParser parser(table);
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_error(missing_value(table, error));
  }
  ParsedWords parsed;
  for (const OptionRow& row : table) {
    const CLI::Option* const option = parser.given(row.name());
    if (option == nullptr) continue;
    parsed.settings.push_back({&row, option->results(), false});
    if (row.name() != "--help" && row.name() != "--version") continue;
    row.value.set({});
    return ParsedWords{};
  }
  parsed.filter = parser.app.remaining();
  const bool dashes = !parsed.filter.empty() && parsed.filter[0] == "--";
  if (dashes) parsed.filter.erase(parsed.filter.begin());
  std::string wrong = dashes ? std::string{} : check_filter_words(table, parsed.filter, command);
  if (!wrong.empty()) return usage_error(std::move(wrong));
  if (const Status added = add_config(parser, load, parsed); !added) return added.error();
  // In the order of the table, which values that depend on each other need.
  std::sort(parsed.settings.begin(), parsed.settings.end(),
            [](const OptionSetting& a, const OptionSetting& b) { return a.row < b.row; });
  for (const OptionSetting& setting : parsed.settings) {
    wrong = store(setting);
    if (wrong.empty()) continue;
    return usage_error(setting.from_file ? place_of(parsed.config, *setting.row) + wrong
                                         : std::move(wrong));
  }
  return Result<ParsedWords>(std::move(parsed));
}

Error wrong_command(std::string_view command, std::string_view sentence) {
  return usage_error(fmt::format("{} ({} --help explains)", sentence, command));
}

Result<std::vector<std::string>> parse_command(std::string_view command,
                                               const std::vector<OptionRow>& table, int argc,
                                               const char* const* argv) {
  std::vector<const char*> options{argv[0]};
  std::vector<std::string> words;
  const auto takes_value = [&](std::string_view word) {
    return std::any_of(table.begin(), table.end(), [&](const OptionRow& row) {
      const bool same = row.name() == word || row.names.substr(0, row.names.find(',')) == word;
      return same && !row.value.word.empty();
    });
  };
  bool only_words = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (only_words || !word.starts_with('-') || word == "-") {
      words.emplace_back(word);
    } else if (word == "--") {
      only_words = true;
    } else {
      options.push_back(argv[i]);
      if (takes_value(word) && i + 1 < argc) options.push_back(argv[++i]);
    }
  }
  const auto parsed =
      parse_words(table, static_cast<int>(options.size()), options.data(), {}, command);
  if (!parsed) return parsed.error();
  return words;
}

Result<int> answer_no_action(std::string_view command, const std::vector<std::string>& actions,
                             std::string_view given, std::string_view help) {
  if (given == "-h" || given == "--help" || given == "help") return print_text(help);
  const std::string known = fmt::format("{}", fmt::join(actions, " or "));
  if (given.empty())
    return wrong_command(command, fmt::format("{} needs a word: {}", command, known));
  const std::string nearest = nearest_choice(actions, given);
  return wrong_command(command,
                       fmt::format("{} takes {}, not '{}'{}", command, known, given,
                                   nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

std::string settings_text(const ParsedWords& parsed) {
  std::string text, section;
  for (const OptionSetting& setting : parsed.settings) {
    const OptionRow& row = *setting.row;
    if (row.key() == "config") continue;
    if (row.section() != section) {
      section = row.section();
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    }
    if (row.value.word.empty()) {
      const bool set = setting.values.empty() || setting.values.back() != "false";
      text += fmt::format("{} = {}\n", row.key(), set);
      continue;
    }
    for (const std::string& value : setting.values) text += config_line(row.key(), value);
  }
  if (parsed.filter.empty()) return text;
  return fmt::format("{}{}# the filter expression\n[input]\n{}", text, text.empty() ? "" : "\n",
                     config_line("filter", fmt::format("{}", fmt::join(parsed.filter, " "))));
}

}  // namespace synfin
