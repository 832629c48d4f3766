/// \file
/// Connection records for the tests of reports, on documentation addresses (RFC 5737, RFC 3849).
#pragma once

#include <cstdint>
#include <string>

#include "synfin/report/summary_data.h"
#include "synfin/track/connection.h"

namespace synfin::test {

inline constexpr std::int64_t kNoon = 1'772'366'400'000'000'000;  // 2026-03-01 12:00:00 UTC

inline Address address(std::string_view text) { return Address::parse(text).value(); }

/// Addresses from 198.18.0.0/15 (RFC 2544) on.
inline Address numbered(std::uint32_t n) { return Address::from_v4(0xC6120000u + n); }

/// The fields of a record. The defaults are a closed connection from 192.0.2.1 to 198.51.100.1:443
/// at noon.
struct RecordSpec {
  Address orig = address("192.0.2.1");
  Address resp = address("198.51.100.1");
  std::uint16_t port = 443;
  Outcome outcome = Outcome::Closed;
  ConnState state = ConnState::SF;
  Duration after{};  ///< noon
  Duration lasts{};
  Duration rtt = kNoDuration;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint16_t orig_port = 40000;

  ConnectionRecord record() const {
    ConnectionRecord r;
    r.tuple = {{orig, orig_port}, {resp, port}};
    r.first = timestamp_from_ns(kNoon) + after;
    r.last = r.first + lasts;
    r.outcome = outcome;
    r.state = state;
    r.synack_rtt = rtt;
    r.orig.bytes = sent;
    r.resp.bytes = received;
    return r;
  }
};

}  // namespace synfin::test
