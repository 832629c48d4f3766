// See diagnostics.h.
#include "synfin/base/diagnostics.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "synfin/base/escape.h"
#include "synfin/base/time.h"

namespace synfin {
namespace {

struct Words {
  std::mutex mutex;
  LogLevel loudest_on_screen = LogLevel::Info;
  int file = -1;
  std::function<void(std::string_view)> take;
};

Words& words() {
  static Words all;
  return all;
}

Timestamp now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return timestamp_from_ns(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

/// One write for one line, so that lines of several writers do not mix.
void append_line(int file, LogLevel level, std::string_view safe) {
  const std::string line = fmt::format("{} {} {}\n", format_rfc3339(now()), to_string(level), safe);
  if (write(file, line.data(), line.size()) < 0) return;  // a full disk must not end the run
}

void tell(LogLevel level, std::string_view sentence, bool screen) {
  std::string safe;
  append_plain(safe, sentence);
  Words& all = words();
  const std::lock_guard lock(all.mutex);
  if (screen && level <= all.loudest_on_screen) {
    all.take ? all.take(sentence) : fmt::print(stderr, "synfin: {}\n", safe);
  }
  if (all.file >= 0) append_line(all.file, level, safe);
}

}  // namespace

std::string_view to_string(LogLevel level) {
  constexpr std::string_view kNames[] = {"error", "warning", "info", "debug"};
  return kNames[static_cast<unsigned>(level)];
}

Status open_diagnostics(const DiagnosticsOptions& options) {
  int file = -1;
  if (!options.log_file.empty()) {
    const std::string path{options.log_file};
    // As root, no link that somebody laid in the way is followed.
    const int no_links = geteuid() == 0 ? O_NOFOLLOW : 0;
    file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | no_links, 0600);
    if (file < 0) {
      return Error{fmt::format("cannot write the log file {}: {}", path,
                               std::generic_category().message(errno))};
    }
  }
  Words& all = words();
  const std::lock_guard lock(all.mutex);
  if (all.file >= 0) close(all.file);
  all.file = file;
  all.loudest_on_screen = options.quiet     ? LogLevel::Error
                          : options.verbose ? LogLevel::Detail
                                            : LogLevel::Info;
  return Ok{};
}

void divert_diagnostics(std::function<void(std::string_view)> take) {
  const std::lock_guard lock(words().mutex);
  words().take = std::move(take);
}

void log(LogLevel level, std::string_view sentence) { tell(level, sentence, true); }
void log_to_file(LogLevel level, std::string_view sentence) { tell(level, sentence, false); }

}  // namespace synfin
