/// \file
/// run(): one run of the program, from parsed options to the exit code.
#pragma once

#include <string>
#include <vector>

#include "app/options.h"

namespace synfin {

/// The messages that main.cc prints to stderr, and the exit code.
struct RunResult {
  std::vector<std::string> complaints;  ///< a sentence each
  int exit_code = 0;    ///< 0 done, 1 work not done or input damaged, 2 command line wrong
  bool failed = false;  ///< a thread or an output failed; the last sentence says why
};

/// A run that could not start.
RunResult failed(const Error& error);

/// Returns after all outputs are finished. Overwrites lines of `config`, as confine() does.
RunResult run(Options options, ConfigFile config = {});

}  // namespace synfin
