/// \file
/// RangeRow: one row of a text file of address ranges, line → range, country, network.
///
/// DB-IP: `192.0.2.0,192.0.2.255,AU` and `192.0.2.0,192.0.2.255,64500,"Example, Inc."`.
/// ip-location-db: the same, also with integers. iptoasn: tabs, and a country between number and
/// name. Tor: integers for IPv4, addresses for IPv6. IP2Location: all fields quoted, integers, a
/// country followed by its name, or a CIDR block before the network's number. Any field may be
/// quoted as in RFC 4180. Tested in tests/unit/enrich/range_row_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/enrich/geo_database.h"

namespace synfin {

/// The data of a row. Unknown parts are empty or zero.
struct RowFacts {
  CountryCode country;
  std::uint32_t asn = 0;
  /// The rest of the line, from the name on and with its quotes; see plain_field().
  std::string_view org;
};

/// A range and its data. Its views point into the parsed line.
struct RangeRow {
  Address first;
  Address last;  ///< inclusive; not before `first`, and of the same family
  RowFacts facts;

  /// Returns nothing if `line` does not begin with a range or ends behind it. A row without data
  /// may span both families (IP2Location's first row does); its range is then its last address.
  /// Never allocates.
  static std::optional<RangeRow> parse(std::string_view line, char separator);
};

/// Returns the first field of `rest` without its quotes and with doubled quotes made single.
std::string plain_field(std::string_view rest, char separator);

}  // namespace synfin
