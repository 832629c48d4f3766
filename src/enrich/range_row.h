/// \file
/// One row of a text file of address ranges: line → range, country, network.
///
/// DB-IP: "1.0.0.0,1.0.0.255,AU" and "1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."". ip-location-db:
/// the same, also with integers. iptoasn: tabs, and a country between number and name. Tor:
/// integers for IPv4, addresses for IPv6. Quoted fields as in RFC 4180. Tested in
/// tests/unit/enrich/range_row_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/enrich/geo_database.h"

namespace synfin {

/// What the fields behind a range say.
struct RowFacts {
  CountryCode country;
  std::uint32_t asn = 0;
  std::string_view org;  ///< the rest of the line from the name on, quotes and all; see plain_field
};

/// A range and its facts. Borrows from the line that it was read from.
struct RangeRow {
  Address first;
  Address last;  ///< of the same family as `first`, and not before it
  RowFacts facts;

  /// Nothing where `line` does not begin with a range, or tells nothing behind it. Allocates
  /// nothing.
  static std::optional<RangeRow> parse(std::string_view line, char separator);
};

/// The first field of `rest`, without its quotes, and with each doubled quote in it single.
std::string plain_field(std::string_view rest, char separator);

}  // namespace synfin
