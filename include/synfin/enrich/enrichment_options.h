/// \file
/// EnrichmentOptions: which names, countries, networks and processes are added to connections.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/base/time.h"
#include "synfin/enrich/geoip.h"

namespace synfin {

struct EnrichmentOptions {
  bool live = false;               ///< the packets are this host's own, captured now
  std::vector<Cidr> local_nets;    ///< --local-net: networks treated as local
  std::vector<std::string> geoip;  ///< files and folders; empty: the usual places
  bool no_geoip = false;
  bool no_country = false;
  bool no_asn = false;
  bool process = false;
  bool cmdline = false;   ///< implies process
  bool no_names = false;  ///< -n: overrides resolve_names
  bool resolve_names = false;
  std::string dns_server;
  /// --dns-wait: how long the final report waits for names; absent: 3 s, or 1 s after a signal.
  std::optional<Duration> dns_wait = {};

  GeoIpOptions geoip_options() const {
    return {.paths = geoip, .kinds = {!no_geoip && !no_country, !no_geoip && !no_asn}};
  }
};

}  // namespace synfin
