/// \file
/// Builds captures from conversations that are written as tables of segments.
///
///   pcap({"syn-then-rst", "…", {{0.0, '>', "S", 1000}, {0.5, '>', "R", 1001}}})
///
/// '>' is sent by the originator, '<' by the responder; '!' is a router's ICMP error that quotes
/// the originator's SYN ("unreachable" or "prohibited" instead of the flags). Tested by
/// golden.captures, which compares the captures in pcaps/ byte by byte.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/packet_builder.h"

namespace synfin::test {

struct Row {
  double time;  ///< seconds after kBegin
  char direction;
  std::string_view flags;  ///< any of S A F R P E(CE) C(WR) N (the accurate ECN bit)
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint32_t payload = 0;
  std::uint16_t window = 64240;
};
using Rows = std::vector<Row>;

struct Endpoints {
  std::string_view orig = "192.0.2.1";
  std::string_view resp = "198.51.100.7";
  std::uint16_t orig_port = 40000;
  std::uint16_t resp_port = 80;
};

/// A file in pcaps/ and its description in pcaps/README.md.
struct Capture {
  std::string file;
  std::string description;
  Bytes bytes;
};

/// 2026-03-01 14:30:00 UTC.
inline constexpr std::int64_t kBegin = 1'772'375'400;

using Frames = std::vector<TimedPacket>;
/// Adds the outer headers to an IP packet; the flag is true for '>'.
using Wrap = std::function<Stack(Stack, bool)>;

Timestamp at(double seconds);
/// The IP packet of a row.
Stack ip_packet(const Row& row, const Endpoints& ends, std::uint16_t id);
/// The TCP segment of a row.
Stack tcp_segment(const Row& row, const Endpoints& ends);
Ethernet ethernet(bool up);
Frames frames(const Rows& rows, const Endpoints& ends = {});
Frames frames(const Rows& rows, const Wrap& wrap, const Endpoints& ends = {});
/// Appends `more` to `to`.
void operator+=(Frames& to, const Frames& more);

/// A complete connection: 20 bytes from the originator, 300 from the responder, closed by the
/// originator first.
const Rows& complete_connection();

std::vector<Capture> lifecycle_captures();
std::vector<Capture> repetition_captures();
std::vector<Capture> packet_captures();
std::vector<Capture> link_captures();
std::vector<Capture> savefile_captures();
std::vector<Capture> inventory_captures();
std::vector<Capture> failure_captures();

}  // namespace synfin::test
