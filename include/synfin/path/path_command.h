/// \file
/// `synfin path CLIENT SERVER`: what happened to connections between two places where they were
/// captured at the same time. Tested in tests/golden/path.py and tests/live/path.py.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/option_row.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {

struct PathQuery {
  std::vector<std::string> captures;  ///< the client's, the server's
  std::string format;                 ///< empty: by the extension of `output`
  std::string output = "-";
  std::uint64_t max_packets = 4'000'000;  ///< of each capture
  std::uint64_t rows = 20;
  bool whole = false;
  bool utc = false;
  bool help = false;
  std::string user;
  SandboxMode sandbox = SandboxMode::Auto;
};

/// The options of the command. `query` must outlive them.
std::vector<OptionRow> path_query_rows(PathQuery& query);

/// Runs the command and writes its output. `argv[0]` is the word "path". Returns the exit status:
/// 0 if nothing differs, 3 if something does.
Result<int> run_path_command(int argc, const char* const* argv);

}  // namespace synfin
