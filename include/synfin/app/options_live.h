/// \file
/// What the command line says about live capture and what it writes.
/// Tested in tests/unit/app/options_live_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
};

/// The options of the group "Live capture". `settings` must outlive the parsing.
void add_live_options(CLI::App& app, LiveSettings& settings);

}  // namespace synfin
