// See diagnostics.h.
#include "synfin/base/diagnostics.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <string>
#include <utility>

#include "base/stderr_line.h"
#include "synfin/base/escape.h"
#include "synfin/base/output_folder.h"
#include "synfin/base/time.h"
#include "synfin/base/wall_clock.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxHeld = 64 * 1024;

/// The destinations of diagnostics. There is one object for the process, because it has one stderr.
struct Destinations {
  std::mutex mutex;
  LogLevel max_level = LogLevel::Info;  ///< on stderr
  int file = -1;
  std::string file_name;
  int file_error = 0;  ///< of the first write to `file` that failed; 0: none
  bool holds = false;  ///< `held` is written to `file` later
  std::string held;
  std::function<void(std::string_view)> take;  ///< replaces stderr while it is set
};

Destinations& destinations() {
  static Destinations all;
  return all;
}

/// Writes with one system call, so that lines of several writers do not mix. A full disk must not
/// end the run: what cannot be written is lost, and log_file_failure() says so.
void write_held(Destinations& all) {
  const ssize_t written = write(all.file, all.held.data(), all.held.size());
  const bool whole = written >= 0 && static_cast<std::size_t>(written) == all.held.size();
  if (!whole && all.file_error == 0) all.file_error = written < 0 ? errno : ENOSPC;
  all.held.clear();
}

void write_sentence(LogLevel level, std::string_view sentence, bool to_stderr) {
  const std::string shown = mask_userinfo(sentence);
  std::string safe;
  append_plain(safe, shown);
  Destinations& all = destinations();
  const std::lock_guard lock(all.mutex);
  if (to_stderr && level <= all.max_level) {
    all.take ? all.take(shown) : write_to_stderr(fmt::format("synfin: {}\n", safe));
  }
  if (all.file < 0) return;
  all.held += fmt::format("{} {} {}\n", format_rfc3339(wall_clock()), to_string(level), safe);
  if (!to_stderr || all.held.size() > kMaxHeld) all.holds = false;
  if (!all.holds) write_held(all);
}

/// A diagnostic must not end the run that it is about.
void write_safely(LogLevel level, std::string_view sentence, bool to_stderr) noexcept {
  try {
    write_sentence(level, sentence, to_stderr);
  } catch (...) {
    write_to_stderr("synfin: there is not enough memory to report what happened\n");
  }
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
    if (const auto folder = OutputFolder::of(path))
      file = folder->open_file(OutputFolder::file_in(path), FileCreation::Any);
    if (file < 0) {
      return Error{fmt::format("cannot write the log file {}: {}", path, output_error_text(errno))};
    }
  }
  Destinations& all = destinations();
  const std::lock_guard lock(all.mutex);
  if (all.file >= 0) close(all.file);
  all.file = file;
  all.file_name = options.log_file;
  all.file_error = 0;
  all.holds = file >= 0;
  all.held.clear();
  all.max_level = options.quiet     ? LogLevel::Error
                  : options.verbose ? LogLevel::Detail
                                    : LogLevel::Info;
  return Ok{};
}

void release_log_file(bool keep) noexcept {
  Destinations& all = destinations();
  const std::lock_guard lock(all.mutex);
  all.holds = false;
  if (all.file < 0) return;
  if (keep) return write_held(all);
  close(std::exchange(all.file, -1));
}

std::string log_file_failure() {
  const Destinations& all = destinations();
  const std::lock_guard lock(destinations().mutex);
  if (all.file_error == 0) return {};
  return fmt::format("cannot write the log file {}: {}; lines are missing in it", all.file_name,
                     output_error_text(all.file_error));
}

void divert_diagnostics(std::function<void(std::string_view)> take) {
  const std::lock_guard lock(destinations().mutex);
  destinations().take = std::move(take);
}

void log(LogLevel level, std::string_view sentence) noexcept {
  write_safely(level, sentence, true);
}
void log_to_file(LogLevel level, std::string_view sentence) noexcept {
  write_safely(level, sentence, false);
}

void print_to_stderr(std::string_view text) { write_to_stderr(text); }

}  // namespace synfin
