/// \file
/// The options of live capture and of rotating files. Tested in
/// tests/unit/app/options_live_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/rotating_output.h"

namespace synfin {

struct OptionRow;
inline constexpr std::string_view kLiveGroup = "Live capture";

struct LiveSettings {
  std::vector<std::string> interfaces;  ///< names or numbers of -D; empty: any
  bool list_interfaces = false;
  std::uint32_t snap_length = 0;  ///< bytes; 0: as few as the run needs
  std::uint32_t buffer_kib = 8192;
  bool no_promiscuous = false;
  bool immediate = false;
  std::string write;       ///< -w
  RotationRules rotation;  ///< applies to -w and --log
  std::string user;        ///< -Z
};

/// Rows of the option table (option_table.h). `settings` must outlive them.
std::vector<OptionRow> live_rows(LiveSettings& settings);
std::vector<OptionRow> rotation_rows(LiveSettings& settings);

/// Returns a sentence if options contradict each other or cannot work, else an empty string. `log`
/// is the file of --log. REQUIRES: the locale is set, because it fills time patterns.
std::string check_live_options(const LiveSettings& settings, const std::string& log, bool reads);

}  // namespace synfin
