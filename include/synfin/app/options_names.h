/// \file
/// Options that say who is who and what to hide. Tested in tests/unit/app/options_names_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/base/time.h"
#include "synfin/enrich/geoip.h"

namespace CLI {
class App;
}

namespace synfin {

struct NameSettings {
  std::vector<std::string> geoip;  ///< files and folders; empty: the usual places
  bool no_geoip = false;
  bool no_country = false;
  bool no_asn = false;
  bool ignore_loopback = false;
  bool filter_local = false;
  std::vector<std::string> filter_files;
  std::vector<std::string> rules;
  double save_threshold = -1;  ///< percent; negative: no file
  bool process = false;
  bool cmdline = false;   ///< implies process
  bool no_names = false;  ///< -n: overrides resolve_names
  bool resolve_names = false;
  std::string dns_server;
  std::string dns_wait_text;
  Duration dns_wait = std::chrono::seconds{3};  ///< what a report waits for names at the end

  GeoIpOptions geoip_options() const {
    return {.paths = geoip, .kinds = {!no_geoip && !no_country, !no_geoip && !no_asn}};
  }
};

/// Checks and takes over what was left as text. Returns what is wrong, a sentence; empty: nothing.
std::string set_name_values(NameSettings& settings);

void add_name_options(CLI::App& app, NameSettings& settings);

}  // namespace synfin
