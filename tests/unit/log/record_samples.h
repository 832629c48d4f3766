/// \file
/// Records for the log tests: an ordinary connection, a single SYN, and annotations that are all
/// hostile text.
#pragma once

#include <string_view>

#include "synfin/enrich/annotations.h"
#include "synfin/track/connection.h"

namespace synfin {

inline History history_of(std::string_view letters) {
  History history;
  history.assign(letters);
  return history;
}

/// A complete HTTPS connection of 0.88 s.
inline ConnectionRecord closed_record() {
  ConnectionRecord r;
  r.tuple = {{Address::from_v4(0xC0000207), 51234}, {Address::from_v4(0xC6336409), 443}};
  r.first = timestamp_from_ns(1772375416'123456000);
  r.last = r.first + std::chrono::milliseconds{880};
  r.synack_rtt = std::chrono::microseconds{12'400};
  r.ack_rtt = std::chrono::nanoseconds{100'250};
  r.orig = {1234, 10, 1754};
  r.resp = {34816, 30, 36016};
  r.history = history_of("ShADadFf");
  r.state = ConnState::SF;
  r.outcome = Outcome::Closed;
  r.bytes_basis = BytesBasis::Seen;
  r.direction_basis = DirectionBasis::Syn;
  r.closed_by = Side::Orig;
  return r;
}

/// One unanswered SYN over IPv6.
inline ConnectionRecord single_syn() {
  ConnectionRecord r;
  r.tuple = {{Address::parse("2001:db8::1").value(), 40000},
             {Address::parse("2001:db8:0:0:1::2").value(), 22}};
  r.first = r.last = timestamp_from_ns(1772375416'123456789);
  r.orig = {0, 1, 80};
  r.history = history_of("S");
  r.state = ConnState::S0;
  r.outcome = Outcome::Unanswered;
  r.direction_basis = DirectionBasis::Syn;
  return r;
}

inline constexpr std::string_view kHostileName = "=cmd|'/c x'!A1\t\x1b[2J\n\xff\xe2\x80\xae\"a\\b,";

inline Annotations hostile_annotations() {
  Annotations about;
  about.orig = {.name = kHostileName,
                .country = "\tX",
                .as_org = "-",
                .user = "(empty)",
                .exe = "/tmp/a\nb",
                .cmdline = {},
                .asn = 64496,
                .pid = 4294967295,
                .local = true};
  about.resp = {.name = "bücher.example",
                .country = "DE",
                .as_org = "Example, \"Inc\"",
                .user = "root",
                .exe = "/usr/sbin/nginx",
                .cmdline = {},
                .asn = 4294967295,
                .pid = 1,
                .local = false};
  about.port_name = "https";
  about.process_basis = "socket";
  return about;
}

}  // namespace synfin
