/// \file
/// Options that say who is who and what to hide. Tested in tests/unit/app/options_names_test.cc.
#pragma once

#include <string>
#include <vector>

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

  GeoIpOptions geoip_options() const {
    return {.paths = geoip, .kinds = {!no_geoip && !no_country, !no_geoip && !no_asn}};
  }
};

void add_name_options(CLI::App& app, NameSettings& settings);

}  // namespace synfin
