/// \file
/// JsonRows: the members of one row of each of the JSON report's tables.
///
/// The keys are a contract with programs: they may be joined by others, not renamed and not
/// removed. Tested in tests/unit/report/json_test.cc.
#pragma once

#include <cstdint>
#include <string_view>

#include "synfin/enrich/address_book.h"
#include "synfin/enrich/port_names.h"
#include "synfin/report/json_writer.h"
#include "synfin/report/summary_data.h"

namespace synfin {

/// Appends to the object that is open. What it is given must outlive it; `book` may be null.
class JsonRows {
 public:
  JsonRows(JsonWriter& json, PortNames& ports, AddressBook* book)
      : json_(json), ports_(ports), book_(book) {}

  void row(const ServiceRow& s);
  void row(const EdgeRow& e);
  void row(const HostRow& h);
  void row(const PlaceRow& p);
  void row(const ScannerRow& s);
  void row(const FloodRow& f);
  void row(const ConnectionRow& c);
  /// An edge by what failed on it.
  void failing_row(const EdgeRow& e);
  /// As RFC 3339, with all the digits that it has.
  void time(std::string_view key, Timestamp t);

 private:
  void address(std::string_view key, const Address& a, std::string_view prefix);
  void edge_key(const EdgeRow& e);
  void port_name(std::uint16_t port);
  void success_rate(const SmallOutcomes& o);
  void rtt(const RttQuantiles& q, bool samples);

  JsonWriter& json_;
  PortNames& ports_;
  AddressBook* book_;
};

}  // namespace synfin
