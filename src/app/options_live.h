/// \file
/// What the command line says about live capture and what it writes.
/// Tested in tests/unit/app/options_live_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "synfin/base/rotating_output.h"

namespace CLI {
class App;
}

namespace synfin {

struct LiveSettings {
  std::vector<std::string> interfaces;  ///< names or numbers of -D; empty: any
  bool list_interfaces = false;
  std::uint32_t snap_length = 0;  ///< 0: as little as the run needs
  std::uint32_t buffer_kib = 8192;
  bool no_promiscuous = false;
  bool immediate = false;
  std::string write;       ///< -w
  RotationRules rotation;  ///< of -w and --log
  std::string user;        ///< -Z
};

/// The options of the group "Live capture". `settings` must outlive the parsing.
void add_live_options(CLI::App& app, LiveSettings& settings);

/// What is wrong with them together; empty if nothing is.
std::string check_live_options(const LiveSettings& settings, bool logs, bool reads);

}  // namespace synfin
