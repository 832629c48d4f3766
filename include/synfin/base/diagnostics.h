/// \file
/// Words about the run: what happened beside the results, for stderr and --log-file.
///
/// -q leaves only errors on stderr, -v adds details; a log file has them all, with time and level.
/// Tested in tests/unit/base/diagnostics_test.cc.
#pragma once

#include <functional>
#include <string_view>

#include "synfin/base/result.h"

namespace synfin {

enum class LogLevel : unsigned char { Error, Warning, Info, Detail };

/// "error", "warning", "info", "debug".
std::string_view to_string(LogLevel level);

struct DiagnosticsOptions {
  bool quiet = false;
  bool verbose = false;
  std::string_view log_file;  ///< appended to; empty: none
};

/// Sets where words go from now on, for the whole process: it has one stderr. Fails where the file
/// cannot be opened.
Status open_diagnostics(const DiagnosticsOptions& options);

/// While `take` is set, it gets what would go to stderr, on the thread that says it; the screen
/// does so. Empty: stderr again.
void divert_diagnostics(std::function<void(std::string_view)> take);

/// Says `sentence`, which may hold hostile text. Any thread may.
void log(LogLevel level, std::string_view sentence);

/// The same, to the log file alone: what main.cc prints to stderr by itself.
void log_to_file(LogLevel level, std::string_view sentence);

}  // namespace synfin
