/// \file
/// The subcommands that query a store: `synfin report`, `synfin connections`, and with --from also
/// `synfin diff` and `synfin inventory`. Tested by a server, in tests/store/queries.py.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/option_row.h"

namespace synfin {

/// Runs a subcommand that queries a store. `argv[0]` is its name, such as "report". Nothing for any
/// other command line.
std::optional<Result<int>> run_store_query(int argc, const char* const* argv);

/// `synfin connections --from URL EXPR` is a run that reads a connection log from its standard
/// input. Starts the child process that writes this log, and returns the command line of the run;
/// empty for any other command line. REQUIRES: no other thread runs.
Result<std::vector<std::string>> connections_words(int argc, const char* const* argv);
/// The options of these commands, with and without --from, for completions.
std::vector<OptionRow> report_option_rows();
std::vector<OptionRow> connections_option_rows();
std::vector<OptionRow> diff_option_rows();
std::vector<OptionRow> inventory_option_rows();

/// Ends that child, if there is one, and returns its exit status. Closes standard input, so that
/// the child ends even if the run has not read everything.
int end_connections_query();

}  // namespace synfin
