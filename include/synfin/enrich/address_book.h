/// \file
/// AddressBook: all that is known of an address beyond its digits, for whoever prints one.
#pragma once

#include <string>
#include <vector>

#include "synfin/enrich/annotations.h"
#include "synfin/enrich/geoip.h"

namespace synfin {

/// Not thread-safe: used on the output thread, and after it.
class AddressBook {
 public:
  explicit AddressBook(GeoIpOptions geoip) : geoip_(std::move(geoip)) {}

  /// Fills in name, country and network. The texts live until the next refresh().
  void describe(const Address& address, EndpointAnnotations& about) {
    const Whereabouts where = geoip_.look_up(address);
    about.country = where.country.view();
    about.asn = where.asn;
    about.as_org = where.as_org;
  }
  EndpointAnnotations about(const Address& address) {
    EndpointAnnotations annotations;
    describe(address, annotations);
    return annotations;
  }

  /// Takes in what has changed meanwhile. Live input calls it with each batch; it is cheap.
  void refresh() { geoip_.reopen_changed(); }

  GeoIp& geoip() { return geoip_; }

 private:
  GeoIp geoip_;
};

}  // namespace synfin
