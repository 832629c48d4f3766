/// \file
/// The configuration file: sections of lines "key = value".
///
///     file ── lines of [notify…] ───→ SecretText, for the process that sends notifications
///          ├─ lines of [clickhouse] ─→ SecretText, for the process that sends to the store
///          └─ all other lines ───────→ entries, for option_parser.h
///
/// The lines of the sections "notify", "notify.NAME" and "clickhouse" may hold secrets. They are
/// not parsed here, so that the process that parses packets never has them in pieces that nothing
/// overwrites.
/// Tested in tests/unit/cli/config_file_test.cc and tests/fuzz/config_file_fuzz.cc.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/base/secret_text.h"

namespace synfin {

/// One line "key = value". A line that is only a key has the value "true".
struct ConfigEntry {
  std::string section;  ///< empty before the first section
  std::string key;      ///< with "-" for each "_"
  std::string value;    ///< without the quotes around it
  std::size_t line = 0;
};

struct ConfigFile {
  std::string path;  ///< empty: no file was read
  std::vector<ConfigEntry> entries;
  SecretText notify;            ///< the lines of notifications; each other line is empty
  SecretText store;             ///< the lines of [clickhouse]; each other line is empty
  bool all_users_read = false;  ///< every user may read the file
};

/// Reads `path`, or the first file of config_places() that this user may read if `path` is empty.
/// No file at all is an empty ConfigFile. If this process has rights that its user lacks, a file
/// that others may change is an error, because it decides what is opened with these rights.
Result<ConfigFile> load_config(const std::string& path);

/// Where a configuration file is searched. For root, this excludes the home folder: after sudo -E
/// that is the folder of another user.
std::vector<std::string> config_places();

/// Parses the lines of a file whose name is `path` in messages. Messages hold no values.
Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& path);

/// Divides `notify`, which holds the whole text, into the lines about notifications, which stay,
/// those of [clickhouse], and all others, which are returned. Each has empty lines in the place of
/// the others.
std::string split_config(SecretText& notify, SecretText& store);

/// "key = value" and a line end, with quotes if the value needs them. A comment replaces a value
/// that cannot be shown as it is.
std::string config_line(std::string_view key, std::string_view value);

/// True if `key` is a word, as all keys are. A line without "=" is a key as a whole, and may hold a
/// password, so messages must not repeat a key for which this is false.
bool is_key(std::string_view key);

/// "FILE:LINE: ".
std::string config_place(const std::string& path, std::size_t line);

/// The key that `given` was probably meant to be, as "; did you mean view?", or an empty string.
std::string did_you_mean(const std::vector<std::string>& known, std::string_view given);

}  // namespace synfin
