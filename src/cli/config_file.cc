// The parser is CLI11's. This adds what it lacks: numbers of lines, and errors instead of lines
// that are skipped. See config_file.h.
#include "synfin/cli/config_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "cli/config_message.h"
#include "cli/option_hints.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/escape.h"
#include "synfin/base/input_file.h"
#include "synfin/base/result.h"
#include "synfin/base/text.h"
#include "synfin/sandbox/privileges.h"
#include "synfin/sandbox/without_rights.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

bool is_section(std::string_view line) {
  return line.size() >= 3 && line.front() == '[' && line.back() == ']';
}

bool is_comment(std::string_view line) {
  return line.empty() || line.front() == '#' || line.front() == ';';
}

/// Calls `visit` with each line of `text`, trimmed, and its number from 1 on.
template <typename Visit>
void each_line(std::string_view text, const Visit& visit) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(trimmed(text.substr(0, end)), number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// CLI11's parser without arrays, nested sections and comments behind values, because values such
/// as "tcp port 80", "[2001:db8::53]:5353" and passwords contain their signs.
CLI::ConfigBase plain_lines() {
  CLI::ConfigBase parser;
  parser.comment('\x01')->arrayBounds('\x02', '\x03')->arrayDelimiter('\x04');
  parser.parentSeparator('\x05');
  return parser;
}

/// True if the line has a character that no text has. CLI11 takes some of them for signs of its own
/// (plain_lines()).
bool has_control_character(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) {
    return (c >= 0 && c < ' ' && trimmed({&c, 1}).size() == 1) || c == '\x7F';
  });
}

/// True for a line that is only a key and that CLI11 would skip: the flag "n".
bool is_short_flag(std::string_view line) {
  return !line.empty() && line.size() < 3 && is_key(line);
}

/// `text` with a value for each short flag.
std::string with_short_flags(std::string_view text) {
  std::string all;
  all.reserve(text.size() + 1);
  each_line(text, [&](std::string_view line, std::size_t) {
    all.append(line).append(is_short_flag(line) ? "=true\n" : "\n");
  });
  return all;
}

/// The numbers of the lines that have a key, or the number of one that CLI11 would skip or divide.
struct KeyLines {
  std::vector<std::size_t> numbers;
  std::size_t too_short = 0;
  std::size_t control = 0;
};

KeyLines find_key_lines(std::string_view text) {
  KeyLines lines;
  each_line(text, [&](std::string_view line, std::size_t number) {
    if (!is_comment(line) && has_control_character(line)) lines.control = number;
    if (is_comment(line) || is_section(line)) return;
    if (line.size() < 3 && !is_short_flag(line)) lines.too_short = number;
    lines.numbers.push_back(number);
  });
  return lines;
}

void append_items(const CLI::ConfigItem& item, const KeyLines& lines,
                  std::vector<ConfigEntry>& entries) {
  if (item.name == "++" || item.name == "--") return;  // the begin and end of a section
  for (const std::string& value : item.inputs) {
    ConfigEntry entry;
    entry.section = item.parents.empty() ? "" : item.parents.front();
    entry.key = item.name;
    std::replace(entry.key.begin(), entry.key.end(), '_', '-');
    entry.value = value;
    entry.line = lines.numbers.at(std::min(entries.size(), lines.numbers.size() - 1));
    entries.push_back(std::move(entry));
  }
}

/// The user who called sudo may name a file of their own.
bool is_trusted_owner(uid_t owner) {
  if (owner == 0 || owner == getuid()) return true;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
  const char* const sudo = std::getenv("SUDO_UID");
  return sudo != nullptr && std::to_string(owner) == sudo;
}

Status check_owner(const struct stat& about, const std::string& path) {
  // Only root makes devices.
  if (S_ISCHR(about.st_mode) || S_ISBLK(about.st_mode) || !has_more_rights()) return Ok{};
  if (!is_trusted_owner(about.st_uid)) {
    return usage_error(fmt::format(
        "{} belongs to another user, who could make root open files: change its owner", path));
  }
  if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return usage_error(fmt::format(
        "other users may write to {}, and could make root open files: chmod go-w {}", path, path));
  }
  return Ok{};
}

Status read_all(int file, const std::string& path, SecretText& text) {
  std::vector<char>& bytes = text.bytes();
  bytes.resize(kMaxBytes + 1);  // at once, because growth leaves copies behind
  text.exclude_from_core_dumps();
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(file, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return usage_error(fmt::format("cannot read {}: {}", path, errno_text()));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMaxBytes) return usage_error(fmt::format("{} is longer than 1 MiB", path));
  bytes.resize(size);
  return Ok{};
}

Status check_file(int descriptor, const std::string& path) {
  struct stat about {};
  if (fstat(descriptor, &about) != 0)
    return usage_error(fmt::format("cannot read {}: {}", path, errno_text()));
  if (S_ISDIR(about.st_mode)) return usage_error(fmt::format("{} is a folder, not a file", path));
  return check_owner(about, path);
}

Result<ConfigFile> read_config(int descriptor, const std::string& path) {
  ConfigFile file;
  struct stat about {};
  file.all_users_read =
      fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0;
  if (const Status status = read_all(descriptor, path, file.notify); !status) return status.error();
  auto entries = parse_config(split_config(file.notify, file.store), path);
  if (!entries) return entries.error();
  file.entries = std::move(*entries);
  file.path = path;
  return Result<ConfigFile>(std::move(file));
}

/// If this process has rights, another one without rights reads and parses the file.
Result<ConfigFile> read_without_rights(int descriptor, const std::string& path) {
  const auto message = run_without_rights(
      path,
      [&]() -> Result<SecretText> {
        const auto file = read_config(descriptor, path);
        if (!file) return file.error();
        return pack_config(*file);
      },
      kMaxPacked);
  if (!message) return message.error();
  auto file = unpack_config(message->view());
  if (!file) return file.error();
  file->path = path;
  return file;
}

}  // namespace

bool is_key(std::string_view key) {
  return std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string config_place(const std::string& path, std::size_t line) {
  return fmt::format("{}:{}: ", path, line);
}

std::string config_line(std::string_view key, std::string_view value) {
  if (!is_safe(value)) {
    std::string shown;
    append_plain(shown, value);
    return fmt::format("# {} has characters that are not shown as they are: {}\n", key, shown);
  }
  constexpr std::string_view kEnds = " \t\"'`";
  const bool quoted = value.empty() || kEnds.find(value.front()) != kEnds.npos ||
                      kEnds.find(value.back()) != kEnds.npos;
  const char* const quote = quoted ? "\"" : "";
  return fmt::format("{} = {}{}{}\n", key, quote, value, quote);
}

std::string did_you_mean(const std::vector<std::string>& known, std::string_view given) {
  const std::string nearest = nearest_choice(known, given);
  return nearest.empty() ? std::string() : fmt::format("; did you mean {}?", nearest);
}

Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& path) {
  const KeyLines lines = find_key_lines(text);
  if (lines.too_short != 0) {
    return usage_error(config_place(path, lines.too_short) +
                       "the line is neither \"key = value\" nor the key of a flag");
  }
  if (lines.control != 0) {
    return usage_error(
        config_place(path, lines.control) +
        "the line has a control character, which no key or value may have; remove it");
  }
  std::vector<ConfigEntry> entries;
  std::istringstream input{with_short_flags(text)};
  try {
    for (const CLI::ConfigItem& item : plain_lines().from_config(input))
      append_items(item, lines, entries);
  } catch (const CLI::ParseError&) {
    return usage_error(fmt::format("{} is not a file of lines \"key = value\"", path));
  }
  return Result<std::vector<ConfigEntry>>(std::move(entries));
}

std::string split_config(SecretText& notify, SecretText& store) {
  enum class Owner { Others, Notify, Store };
  std::string others;
  store = SecretText(notify.view());
  store.exclude_from_core_dumps();
  Owner owner = Owner::Others;
  std::size_t at = 0;
  const auto blank = [&at](SecretText& text, std::size_t end) {
    std::fill_n(text.bytes().begin() + static_cast<std::ptrdiff_t>(at), end - at, ' ');
  };
  each_line(notify.view(), [&](std::string_view line, std::size_t) {
    if (is_section(line)) {
      const std::string_view name = trimmed(line.substr(1, line.size() - 2));
      owner = name == "notify" || name.starts_with("notify.") ? Owner::Notify
              : name == "clickhouse"                          ? Owner::Store
                                                              : Owner::Others;
    }
    const std::size_t end = std::min(store.view().find('\n', at), store.view().size());
    if (owner == Owner::Others) others.append(notify.view().substr(at, end - at));
    if (owner != Owner::Notify) blank(notify, end);
    if (owner != Owner::Store) blank(store, end);
    others += '\n';
    at = end + 1;
  });
  return others;
}

std::vector<std::string> config_places() {
  std::vector<std::string> places;
  if (!has_more_rights()) {
    // NOLINTBEGIN(concurrency-mt-unsafe): no thread changes the environment
    const char* const folder = std::getenv("XDG_CONFIG_HOME");
    const char* const home = std::getenv("HOME");
    // NOLINTEND(concurrency-mt-unsafe)
    if (folder != nullptr && *folder == '/') {
      places.push_back(folder + std::string("/synfin/synfin.conf"));
    } else if (home != nullptr && *home == '/') {
      places.push_back(home + std::string("/.config/synfin/synfin.conf"));
    }
  }
  places.emplace_back("/etc/synfin/synfin.conf");
  return places;
}

Result<ConfigFile> load_config(const std::string& path) {
  const auto places = path.empty() ? config_places() : std::vector<std::string>{path};
  for (const std::string& place : places) {
    // The owner of a FIFO is checked before synfin waits for its writer.
    const Descriptor file(open(place.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (file.get() >= 0) {
      if (const Status safe = check_file(file.get(), place); !safe) return safe.error();
      wait_for_writer(file.get());
      return has_more_rights() ? read_without_rights(file.get(), place)
                               : read_config(file.get(), place);
    }
    if (!path.empty()) return usage_error(fmt::format("cannot open {}: {}", path, errno_text()));
  }
  return ConfigFile{};
}

}  // namespace synfin
