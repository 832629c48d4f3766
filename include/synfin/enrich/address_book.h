/// \file
/// AddressBook: all that is known of an address beyond its digits, for whoever prints one.
/// Tested in tests/unit/enrich/annotator_test.cc.
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "synfin/enrich/annotations.h"
#include "synfin/enrich/geoip.h"
#include "synfin/enrich/host_names.h"

namespace synfin {

/// Not thread-safe: used on the output thread, and after it. Without names, nobody is asked.
class AddressBook {
 public:
  explicit AddressBook(GeoIpOptions geoip) : geoip_(std::move(geoip)) {}

  /// From now on names are asked for.
  void set_names(std::unique_ptr<HostNames> names) { names_ = std::move(names); }

  /// Fills in name, country and network, as they are known now; asks for a name that is not. The
  /// texts live until the next refresh() or take_answers().
  void describe(const Address& address, NameReason reason, EndpointAnnotations& about) {
    const GeoInfo where = geoip_.look_up(address);
    about.country = where.country.view();
    about.asn = where.asn;
    about.as_org = where.as_org;
    if (!names_) return;
    if (const HostName* name = names_->look_up(address, reason)) {
      about.name = name->text;
      about.name_confirmed = name->confirmed;
    }
  }
  /// The same for an address that is to be shown.
  EndpointAnnotations about(const Address& address) {
    EndpointAnnotations annotations;
    describe(address, NameReason::Established, annotations);
    return annotations;
  }

  /// Takes in names that have come; cheap, for every batch of events.
  void take_answers() {
    if (names_) names_->take_answers();
  }
  /// Takes in what else has changed: for live input, some times a second.
  void refresh() {
    geoip_.reopen_changed();
    take_answers();
  }

  GeoIp& geoip() { return geoip_; }
  /// Null where nobody is asked for names.
  HostNames* names() { return names_.get(); }

 private:
  GeoIp geoip_;
  std::unique_ptr<HostNames> names_;
};

}  // namespace synfin
