// find_connection_logs() of record_source.h.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "log/log_file.h"
#include "synfin/base/input_file.h"
#include "synfin/capture/source_paths.h"
#include "synfin/log/record_source.h"

namespace synfin {
namespace {

SavefileOptions first_bytes() {
  SavefileOptions options;
  options.chunk_size = 4096;
  options.second_thread = false;
  return options;
}

/// The log in `path`, if that is a regular file with one. A pipe can be read only once.
std::optional<LogFile> log_in(const std::string& path) {
  struct stat about {};
  if (!input_status(path, about) || !S_ISREG(about.st_mode) || about.st_size == 0)
    return std::nullopt;
  auto input = ByteInput::open(path, first_bytes());
  return input ? LogFile::recognize(*input) : std::nullopt;
}

/// A folder of a day holds many logs of Zeek. Those with the columns of conn.log under another name
/// repeat its connections.
bool is_log_of_day(const std::string& path) {
  const auto log = log_in(path);
  return log && (log->parser().path().empty() || log->parser().path() == "conn");
}

/// True if a file is named as a log and cannot be read. It is reported when it is opened.
bool is_unreadable_log(const std::string& folder, const std::string& name) {
  struct stat about {};
  const std::string path = folder + name;
  if (name.find(".log") == name.npos || !input_status(path, about) || !S_ISREG(about.st_mode) ||
      about.st_size == 0) {
    return false;
  }
  auto input = ByteInput::open(path, first_bytes());
  return !input || (!LogFile::recognize(*input) && !input->failure().empty());
}

std::vector<std::string> logs_in_folder(const std::string& folder) {
  std::vector<std::string> logs, unreadable;
  for (const std::string& name : list_folder(folder).value_or(std::vector<std::string>{})) {
    const std::string place = folder.ends_with('/') ? folder : folder + '/';
    if (name.starts_with('.')) continue;
    if (is_log_of_day(place + name)) {
      logs.push_back(place + name);
    } else if (is_unreadable_log(place, name)) {
      unreadable.push_back(place + name);
    }
  }
  if (logs.empty()) return logs;
  logs.insert(logs.end(), unreadable.begin(), unreadable.end());
  std::sort(logs.begin(), logs.end());
  return logs;
}

bool is_folder(const std::string& path) {
  struct stat about {};
  return input_status(path, about) && S_ISDIR(about.st_mode);
}

/// A folder with captures counts as captures, even if it also holds logs.
std::vector<std::string> logs_of(const std::string& path) {
  if (!is_folder(path))
    return log_in(path) ? std::vector<std::string>{path} : std::vector<std::string>{};
  if (expand_sources({path}).ok()) return {};
  return logs_in_folder(path);
}

}  // namespace

Result<std::vector<std::string>> find_connection_logs(const std::vector<std::string>& paths) {
  std::vector<std::string> logs;
  std::string log, other;
  for (const std::string& path : paths) {
    if (path == "-") {
      logs.push_back(path);
      continue;
    }
    const std::vector<std::string> found = logs_of(path);
    (found.empty() ? other : log) = path;
    logs.insert(logs.end(), found.begin(), found.end());
  }
  if (log.empty()) return std::vector<std::string>{};
  if (!other.empty()) {
    return Error{
        fmt::format("{} is a connection log and {} is none: captures and logs cannot be "
                    "read in one run",
                    log, other)};
  }
  return logs;
}

}  // namespace synfin
