/// \file
/// JsonRows: writes the members of one row for each table of the JSON report.
///
/// Keys are a contract with other programs: keys can be added, but not renamed or removed.
/// Tested in tests/unit/report/json_test.cc.
#pragma once

#include <cstdint>
#include <string_view>

#include "synfin/enrich/address_book.h"
#include "synfin/enrich/port_names.h"
#include "synfin/report/json_writer.h"
#include "synfin/report/summary_data.h"

namespace synfin {

/// Appends to the open object. The constructor's arguments must outlive it; `book` may be null.
class JsonRows {
 public:
  JsonRows(JsonWriter& json, PortNames& ports, AddressBook* book)
      : json_(json), ports_(ports), book_(book) {}

  void row(const ServiceRow& s);
  void row(const EdgeRow& e);
  void row(const HostRow& h);
  void row(const GeoRow& p);
  void row(const ScannerRow& s);
  void row(const FloodRow& f);
  void row(const ConnectionRow& c);
  void row(const FailureRow& f);
  void row(const CloserRow& c);
  void row(const IdleTimerRow& t);
  void row(const PressureRow& p);
  void row(const HandshakeRow& h);
  /// An edge with the cause of its failures.
  void failing_row(const EdgeRow& e);
  /// RFC 3339, with nanoseconds if the time has any.
  void time(std::string_view key, Timestamp t);
  /// A count of payload bytes; null if it is unknown.
  void bytes(std::string_view key, std::uint64_t n);
  /// If `knows` is false, counts of bytes are unknown. By default they are known.
  void set_knows_bytes(bool knows) { knows_bytes_ = knows; }

 private:
  void address(std::string_view key, const Address& a, std::string_view prefix);
  /// Address, port and name of a responder's port.
  void service(const Endpoint& service);
  void milliseconds(std::string_view key, Duration d);
  void edge_key(const EdgeRow& e);
  void port_name(std::uint16_t port);
  void success_rate(const SmallOutcomes& o);
  void rtt(const RttQuantiles& q, bool samples);

  JsonWriter& json_;
  PortNames& ports_;
  AddressBook* book_;
  bool knows_bytes_ = true;
};

}  // namespace synfin
