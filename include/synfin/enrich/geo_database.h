/// \file
/// GeoDatabase: one file that says in which country or network addresses are.
///
/// Two kinds of file: MMDB (https://maxmind.github.io/MaxMind-DB/) of any maker's layout, and rows
/// of ranges as text, which DB-IP, iptoasn, ip-location-db and Tor publish. Tested in
/// tests/unit/enrich/mmdb_test.cc and range_file_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/base/result.h"

namespace synfin {

/// ISO 3166 alpha-2 in upper case; the zero value is "not known".
class CountryCode {
 public:
  constexpr CountryCode() = default;
  /// Not known where `text` is no two letters, or one of the placeholders "ZZ" and "XX".
  static CountryCode from(std::string_view text);
  /// Lives for ever.
  std::string_view view() const;
  bool known() const { return letters_[0] != 0; }
  friend constexpr auto operator<=>(const CountryCode&, const CountryCode&) = default;

 private:
  std::array<char, 2> letters_{};
};

/// Where an address is. What is not known is empty, zero.
struct GeoInfo {
  CountryCode country;
  std::uint32_t asn = 0;
  std::string_view as_org;  ///< hostile text; lives as long as the database

  bool complete() const { return country.known() && asn != 0; }
};

/// What a file is asked for.
struct GeoKinds {
  bool country = true;
  bool network = true;
};

/// Not thread-safe.
class GeoDatabase {
 public:
  virtual ~GeoDatabase() = default;

  /// Fills in what `where` still lacks and this file knows.
  virtual void look_up(const Address& address, GeoInfo& where) = 0;

  /// Which kinds the file holds, as far as asked for.
  virtual GeoKinds kinds() const = 0;

  /// What the file was found to lack while it was read, in a sentence; mostly empty.
  virtual std::string complaint() const { return {}; }

  /// Who has to be named where the data is shown; may be empty.
  virtual std::string attribution() const { return {}; }
};

/// Where an MMDB file is read from.
enum class Residence : unsigned char {
  Copy,  ///< memory of our own: what a writer does to the file meanwhile changes nothing
  File,  ///< the file itself, mapped: at hand at once; changes to it while it is used mislead, and
         ///< are complained of. For runs that are over soon. Where it may not be opened anew, a
         ///< copy
};

/// `descriptor`, where not negative, is the file, opened already; it stays the caller's.
Result<std::unique_ptr<GeoDatabase>> open_mmdb(const std::string& path, GeoKinds wanted,
                                               int descriptor = -1,
                                               Residence residence = Residence::Copy);

/// Rows of ranges, `,` or tab between fields, plain or gzip: start,end,CC · start,end,asn,name ·
/// start,end,asn,CC,name. Addresses or integers; `#` begins a comment; a first row of titles is
/// skipped. Rows that cannot be read are counted, and the rest is used.
Result<std::unique_ptr<GeoDatabase>> open_range_file(const std::string& path, GeoKinds wanted,
                                                     int descriptor = -1);

/// "AS13335", "as13335" or "13335"; 0 where it is none.
std::uint32_t parse_asn(std::string_view text);

}  // namespace synfin
