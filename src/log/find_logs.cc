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

/// Why the file is no connection log, if it is a log whose columns do not suffice; else empty.
std::string columns_missing_in(const std::string& path) {
  struct stat about {};
  if (!input_status(path, about) || !S_ISREG(about.st_mode)) return {};
  auto input = ByteInput::open(path, first_bytes());
  return input ? LogFile::missing_columns(*input) : std::string();
}

/// A folder of a day holds many logs of Zeek. Those with the columns of conn.log under another name
/// repeat its connections.
bool is_log_of_day(const std::string& path) {
  const auto log = log_in(path);
  return log && (log->parser().path().empty() || log->parser().path() == "conn");
}

/// True if the file at `path` cannot be read, so that nothing shows what it is.
bool is_unreadable(const std::string& path) {
  struct stat about {};
  if (!input_status(path, about) || !S_ISREG(about.st_mode) || about.st_size == 0) return false;
  auto input = ByteInput::open(path, first_bytes());
  return !input || (!LogFile::recognize(*input) && !input->failure().empty());
}

struct FoundLogs {
  std::vector<std::string> logs;
  std::vector<std::string> unreadable;  ///< may be logs, and are reported when they are opened
};

FoundLogs logs_in_folder(const std::string& folder) {
  FoundLogs found;
  const std::string place = folder.ends_with('/') ? folder : folder + '/';
  for (const std::string& name : list_folder(folder).value_or(std::vector<std::string>{})) {
    if (name.starts_with('.')) continue;
    if (is_log_of_day(place + name)) {
      found.logs.push_back(place + name);
    } else if (is_unreadable(place + name)) {
      found.unreadable.push_back(place + name);
    }
  }
  return found;
}

bool is_folder(const std::string& path) {
  struct stat about {};
  return input_status(path, about) && S_ISDIR(about.st_mode);
}

/// A folder with captures counts as captures, even if it also holds logs.
FoundLogs logs_of(const std::string& path) {
  FoundLogs found;
  if (!is_folder(path)) {
    if (log_in(path)) found.logs.push_back(path);
  } else if (!expand_sources({path}).ok()) {
    found = logs_in_folder(path);
  }
  return found;
}

}  // namespace

Result<std::vector<std::string>> find_connection_logs(const std::vector<std::string>& paths) {
  std::vector<std::string> logs;
  std::string log, other, unknown;
  for (const std::string& path : paths) {
    if (path == "-") {
      logs.push_back(path);
      continue;
    }
    const FoundLogs found = logs_of(path);
    const auto before = static_cast<std::ptrdiff_t>(logs.size());
    logs.insert(logs.end(), found.logs.begin(), found.logs.end());
    logs.insert(logs.end(), found.unreadable.begin(), found.unreadable.end());
    std::sort(logs.begin() + before, logs.end());
    if (!found.logs.empty()) {
      log = path;
    } else if (!found.unreadable.empty()) {
      unknown = path;
    } else {
      if (std::string lacks = columns_missing_in(path); !lacks.empty()) return Error{lacks};
      other = path;
    }
  }
  if (log.empty() && other.empty()) log = unknown;
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
