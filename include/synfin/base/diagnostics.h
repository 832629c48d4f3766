/// \file
/// Diagnostics: sentences about the run itself, for stderr and --log-file. User and password of a
/// URL in a sentence are replaced by "***".
///
/// -q limits stderr to errors, -v adds details. The log file receives every level, with time and
/// level. A diagnostic that cannot be written is lost; log_file_failure() reports it. Nothing waits
/// longer than half a second for a reader of stderr, who then reads how many lines are missing.
/// Tested in tests/unit/base/diagnostics_test.cc.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "synfin/base/result.h"

namespace synfin {

enum class LogLevel : unsigned char { Error, Warning, Info, Detail };

/// "error", "warning", "info", "debug".
std::string_view to_string(LogLevel level);

struct DiagnosticsOptions {
  bool quiet = false;
  bool verbose = false;
  std::string_view log_file;  ///< the file to append to; empty for none
};

/// Sets the destinations for the whole process. The log file receives nothing before
/// release_log_file() or an error, because it may turn out to be an input. Fails if the log file
/// cannot be opened; the destinations are then unchanged.
Status open_diagnostics(const DiagnosticsOptions& options);

/// Writes to the log file what it has not received yet, and from then on at once. If `keep`
/// is false, closes the log file; later lines are discarded.
void release_log_file(bool keep = true) noexcept;

/// Why the log file lacks lines, as a sentence; empty if it has all.
std::string log_file_failure();

/// Passes each line to `take` instead of writing it to stderr, so that the screen can show it.
/// `take` runs on the thread that logs, under a lock, and must not log. An empty function restores
/// stderr.
void divert_diagnostics(std::function<void(std::string_view)> take);

/// Writes `sentence`, which may hold hostile text, to stderr and the log file. Any thread may call
/// it.
void log(LogLevel level, std::string_view sentence) noexcept;

/// Writes `sentence` to the log file only. main.cc uses it for errors that it prints itself.
void log_to_file(LogLevel level, std::string_view sentence) noexcept;

/// Writes `text`, which must hold no hostile text, to stderr as it is: at any level, and not to the
/// log file.
void print_to_stderr(std::string_view text);

}  // namespace synfin
