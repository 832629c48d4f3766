/// \file
/// AddressBook: name, country and network of an address. Tested in
/// tests/unit/enrich/annotator_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "synfin/base/seeded_hash.h"
#include "synfin/enrich/annotations.h"
#include "synfin/enrich/geoip.h"
#include "synfin/enrich/host_names.h"

namespace synfin {

/// What a connection log says about an address. Texts are hostile.
struct LoggedAddress {
  std::string name, country, as_org;
  std::uint32_t asn = 0;
};

/// Used by one thread at a time, the one that writes the outputs.
class AddressBook {
 public:
  explicit AddressBook(GeoIpOptions geoip) : geoip_(std::move(geoip)) {}

  /// Enables names. Without this call no name is ever resolved.
  void set_names(std::unique_ptr<HostNames> names) { names_ = std::move(names); }

  /// Fills in name, country and network as far as they are known now, and requests a name that is
  /// not. The texts are valid until the next refresh() or take_answers().
  void describe(const Address& address, NameReason reason, EndpointAnnotations& about) {
    const GeoInfo info = geoip_.look_up(address);
    about.country = info.country.view();
    about.asn = info.asn;
    about.as_org = info.as_org;
    if (!logged_.empty()) add_logged(address, about);
    if (!names_) return;
    if (const HostName* name = names_->look_up(address, reason)) {
      about.name = name->text;
      about.name_confirmed = name->confirmed;
    }
  }
  /// Returns the same for an address that is about to be shown.
  EndpointAnnotations about(const Address& address) {
    EndpointAnnotations annotations;
    describe(address, NameReason::Established, annotations);
    return annotations;
  }

  /// Stores what a log says about an address, for what no database and no answer of DNS says.
  void learn(const Address& address, LoggedAddress facts) {
    logged_.insert_or_assign(address, std::move(facts));
  }

  /// Stores the names that have arrived. Cheap enough for every batch of events.
  void take_answers() {
    if (names_) names_->take_answers();
  }
  /// Stores new names and reads changed databases again. Live input calls it several times a
  /// second.
  void refresh() {
    geoip_.reopen_changed();
    take_answers();
  }

  GeoIp& geoip() { return geoip_; }
  /// Null if names are not resolved.
  HostNames* names() { return names_.get(); }

 private:
  void add_logged(const Address& address, EndpointAnnotations& about) const {
    const auto found = logged_.find(address);
    if (found == logged_.end()) return;
    about.name = found->second.name;
    if (about.country.empty()) about.country = found->second.country;
    if (about.asn != 0) return;
    about.asn = found->second.asn;
    about.as_org = found->second.as_org;
  }

  GeoIp geoip_;
  std::unordered_map<Address, LoggedAddress, SeededHash> logged_;
  std::unique_ptr<HostNames> names_;
};

}  // namespace synfin
