/// \file
/// The subcommands that query a store: `synfin report`, `synfin connections`, and with --from also
/// `synfin diff` and `synfin inventory`. Tested by a server, in tests/store/questions.py.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// Runs the command line behind "synfin". Nothing if it is no question to a store.
std::optional<Result<int>> run_question(int argc, const char* const* argv);

/// `synfin connections --from URL EXPR` is a run that reads a connection log from its standard
/// input, which a child process writes from then on: these are its words. Empty for another command
/// line. REQUIRES: no other thread runs.
Result<std::vector<std::string>> connections_words(int argc, const char* const* argv);
/// Waits for that child, if there is one, and returns its exit status.
int end_connections_query();

}  // namespace synfin
