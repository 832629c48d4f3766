// See config_options.h.
#include "cli/config_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace synfin {
namespace {

constexpr std::string_view kFilterKey = "filter";
constexpr std::string_view kFilterSection = "input";

Error at_line(const ConfigFile& file, const ConfigEntry& entry, const std::string& what) {
  return {config_place(file.path, entry.line) + what, ErrorKind::Usage};
}

/// What only a command line can contain.
bool is_for_command_line(const OptionRow& row) {
  return row.key() == "help" || row.key() == "version" || row.key() == "config";
}

const OptionRow* find_row(const std::vector<OptionRow>& table, const std::string& key) {
  for (const OptionRow& row : table) {
    if (row.key() == key && !is_for_command_line(row)) return &row;
  }
  return nullptr;
}

Error unknown_key(const std::vector<OptionRow>& table, const ConfigFile& file,
                  const ConfigEntry& entry) {
  if (!is_key(entry.key)) return at_line(file, entry, "the line is not \"key = value\"");
  std::vector<std::string> known{std::string(kFilterKey)};
  for (const OptionRow& row : table) {
    if (!is_for_command_line(row)) known.emplace_back(row.key());
  }
  const std::string where = entry.section.empty() ? "" : fmt::format(" in [{}]", entry.section);
  return at_line(
      file, entry,
      fmt::format("unknown key '{}'{}{}", entry.key, where, did_you_mean(known, entry.key)));
}

/// The error for a second value of a key that takes one.
Error given_twice(const ConfigFile& file, const ConfigEntry& entry) {
  const auto first = std::find_if(file.entries.begin(), file.entries.end(),
                                  [&](const ConfigEntry& other) { return other.key == entry.key; });
  return at_line(
      file, entry,
      fmt::format("{} may be given only once, and line {} has it", entry.key, first->line));
}

Status check_section(const ConfigFile& file, const ConfigEntry& entry, std::string_view section) {
  if (entry.section.empty() || entry.section == section) return Ok{};
  return at_line(file, entry,
                 fmt::format("the key {} belongs into [{}], not into [{}]", entry.key, section,
                             entry.section));
}

/// "true" for a flag that is set, "false" for one that is not, or an empty text.
std::string truth_of(const std::string& text) {
  for (const char* yes : {"true", "yes", "on", "1"}) {
    if (text == yes) return "true";
  }
  for (const char* no : {"false", "no", "off", "0"}) {
    if (text == no) return "false";
  }
  return {};
}

Status add_value(const OptionRow& row, const ConfigFile& file, const ConfigEntry& entry,
                 std::vector<OptionSetting>& settings) {
  std::string value = entry.value;
  if (row.value.word.empty()) {
    value = truth_of(value);
    if (value.empty())
      return at_line(file, entry, fmt::format("{} takes true or false", entry.key));
  }
  const auto same = std::find_if(settings.begin(), settings.end(),
                                 [&](const OptionSetting& one) { return one.row == &row; });
  if (same == settings.end()) {
    settings.push_back({&row, {std::move(value)}, true});
    return Ok{};
  }
  if (!row.value.repeatable) return given_twice(file, entry);
  same->values.push_back(std::move(value));
  return Ok{};
}

}  // namespace

Result<ConfigOptions> config_options(const std::vector<OptionRow>& table, const ConfigFile& file,
                                     const std::function<bool(std::string_view)>& given) {
  ConfigOptions found;
  bool has_filter = false;
  for (const ConfigEntry& entry : file.entries) {
    const bool filter = entry.key == kFilterKey;
    const OptionRow* const row = filter ? nullptr : find_row(table, entry.key);
    if (!filter && row == nullptr) return unknown_key(table, file, entry);
    Status status =
        check_section(file, entry, filter ? std::string(kFilterSection) : row->section());
    if (status && !filter) status = add_value(*row, file, entry, found.settings);
    if (!status) return status.error();
    if (!filter) continue;
    if (std::exchange(has_filter, true)) return given_twice(file, entry);
    found.filter = entry.value;
  }
  std::erase_if(found.settings, [&](const OptionSetting& setting) {
    const std::string_view other = setting.row->gives_way_to;
    return given(setting.row->name()) || (!other.empty() && given(other));
  });
  return Result<ConfigOptions>(std::move(found));
}

std::string place_of(const ConfigFile& file, const OptionRow& row) {
  for (const ConfigEntry& entry : file.entries) {
    if (entry.key == row.key()) return config_place(file.path, entry.line);
  }
  return {};
}

}  // namespace synfin
