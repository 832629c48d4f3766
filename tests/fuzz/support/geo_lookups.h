/// \file
/// Look-ups in a GeoDatabase that a fuzz target has opened from arbitrary bytes.
#pragma once

#include "fuzz_input.h"
#include "synfin/enrich/geo_database.h"

namespace synfin::fuzz {

inline void check_info(const GeoInfo& info, GeoKinds wanted) {
  require(info.as_org.size() <= kMaxNetworkName, "the name of a network is cut");
  require(info.asn != 0 || info.as_org.empty(), "only a network with a number has a name");
  require(wanted.country || !info.country.known(), "no country is returned if none is wanted");
  require(wanted.network || info.asn == 0, "no network is returned if none is wanted");
  for (const char c : info.country.view())
    require(c >= 'A' && c <= 'Z', "a country code consists of upper-case letters");
}

/// Looks up fixed addresses of both families and those that `bytes` contain. Equal questions must
/// get equal answers.
inline void look_up_some(GeoDatabase& database, GeoKinds wanted, Bytes bytes) {
  const auto look_up = [&](const Address& address) {
    GeoInfo once, again;
    database.look_up(address, once);
    database.look_up(address, again);
    check_info(once, wanted);
    require(once.asn == again.asn && once.country == again.country && once.as_org == again.as_org,
            "the same question gets the same answer");
  };
  for (const std::uint32_t v4 : {0u, 0x01010101u, 0x08080808u, 0xC0000201u, 0xFFFFFFFFu})
    look_up(Address::from_v4(v4));
  for (std::size_t i = 0; i < 8 && bytes.size() >= 16; ++i) {
    look_up(Address::load_v4(bytes.data()));
    look_up(Address::load_v6(bytes.data()));
    bytes = bytes.subspan(bytes.size() / 9 + 1);
  }
  (void)database.attribution();
  (void)database.complaint();
}

inline GeoKinds kinds_of(std::uint8_t choice) { return {(choice & 3) != 1, (choice & 3) != 2}; }

}  // namespace synfin::fuzz
