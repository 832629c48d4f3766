/// \file
/// `synfin diff A B`: what differs between two reports, captures or connection logs.
/// Tested in tests/golden/diff.py.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/option_row.h"
#include "synfin/enrich/event_sink.h"

namespace synfin {

struct DiffQuery {
  std::string before, after;  ///< paths
  std::string format;         ///< empty: by the name of the output
  std::string output = "-";
  std::string ignore;  ///< a file; empty: none
  std::string sandbox = "auto";
  bool all = false;  ///< lists every pair that only one input has
  bool utc = false;
  bool help = false;
};

/// The work that app does for the command: confinement and reading.
struct DiffRun {
  /// Gives up all rights but those to read the inputs and to write the output. Called once, before
  /// any file is read.
  std::function<Status(const DiffQuery&)> confine;
  /// Reads a capture or a log, and delivers its records and their end to `sink`. Returns the
  /// sentences that say what of it could not be read.
  std::function<Result<std::vector<std::string>>(const std::string& path,
                                                 std::unique_ptr<EventSink> sink)>
      read;
  /// If it is not empty, the inputs are no files: returns the JSON report that `input` names.
  std::function<Result<std::string>(const std::string& input)> report = {};
};

/// Compares the inputs and writes the differences. Returns the exit status. Fails after it has
/// written them if an input is damaged.
Result<int> run_diff_query(const DiffQuery& query, const DiffRun& run);

/// Runs the command line behind "synfin". Returns the exit status: 0 without differences, 3 with
/// some. Fails with one sentence.
Result<int> run_diff_command(int argc, const char* const* argv, const DiffRun& run);

/// The options, for the parser and for completions. `query` must outlive the rows.
std::vector<OptionRow> diff_rows(DiffQuery& query);

}  // namespace synfin
