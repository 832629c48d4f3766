/// \file
/// GeoDatabase: one file that maps addresses to countries or networks.
///
/// Two formats: MMDB (https://maxmind.github.io/MaxMind-DB/) in the record layouts of all makers,
/// and text rows of ranges, as DB-IP, IP2Location, iptoasn, ip-location-db and Tor publish them.
/// Tested in tests/unit/enrich/mmdb_test.cc and range_file_test.cc.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/base/result.h"

namespace synfin {

/// An ISO 3166 alpha-2 code in upper case. The default value means "unknown".
class CountryCode {
 public:
  constexpr CountryCode() = default;
  /// Returns the unknown code if `text` is not two letters, or is a placeholder ("ZZ", "XX").
  static CountryCode from(std::string_view text);
  /// Empty if unknown. Valid forever.
  std::string_view view() const;
  bool known() const { return letters_[0] != 0; }
  friend constexpr auto operator<=>(const CountryCode&, const CountryCode&) = default;

 private:
  std::array<char, 2> letters_{};
};

/// The country and network of an address. Unknown parts are empty or zero.
struct GeoInfo {
  CountryCode country;
  std::uint32_t asn = 0;
  std::string_view as_org;  ///< hostile text of at most 255 bytes; owned by the database

  bool complete() const { return country.known() && asn != 0; }
};

/// The kinds of data that a file holds or that a caller wants.
struct GeoKinds {
  bool country = true;
  bool network = true;

  bool any() const { return country || network; }
  friend bool operator==(const GeoKinds&, const GeoKinds&) = default;
};

/// Longer network names are cut when a database is read.
inline constexpr std::size_t kMaxNetworkName = 255;

/// Not thread-safe.
class GeoDatabase {
 public:
  virtual ~GeoDatabase() = default;

  /// Fills in the unknown parts of `info` that this file knows.
  virtual void look_up(const Address& address, GeoInfo& info) = 0;

  /// The kinds that the file holds and the caller wanted.
  virtual GeoKinds kinds() const = 0;

  /// One sentence about damage found so far; usually empty.
  virtual std::string complaint() const { return {}; }

  /// The attribution that the licence requires where the data is shown; may be empty.
  virtual std::string attribution() const { return {}; }
};

/// Copies the file into memory, so that later changes to the file have no effect. `descriptor`, if
/// not negative, is the open file; the caller keeps it.
Result<std::unique_ptr<GeoDatabase>> open_mmdb(const std::string& path, GeoKinds wanted,
                                               int descriptor = -1);

/// Reads text rows of ranges, plain or gzipped, with `,` or tab between the fields: start,end,CC ·
/// start,end,asn,name · start,end,asn,CC,name · start,end,CIDR,asn,name. Range ends are addresses
/// or integers. A byte-order mark, `#` comments and a first row of titles are skipped. Malformed
/// rows are counted in complaint(). Fails if no row is usable. Stops early, with an Error, if
/// `cancelled` becomes true.
Result<std::unique_ptr<GeoDatabase>> open_range_file(const std::string& path, GeoKinds wanted,
                                                     int descriptor = -1,
                                                     const std::atomic<bool>* cancelled = nullptr);

/// Parses "AS13335", "as13335" or "13335". Returns 0 for any other text.
std::uint32_t parse_asn(std::string_view text);

}  // namespace synfin
