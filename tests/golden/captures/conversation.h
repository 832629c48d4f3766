/// \file
/// Conversations written as tables of segments, and the packets that they become.
///
///   pcap({"syn-then-rst", "…", {{0.0, '>', "S", 1000}, {0.5, '>', "R", 1001}}})
///
/// '>' goes from the originator, '<' from the responder; '!' is a router's ICMP error that quotes
/// the originator's SYN
/// ("unreachable" or "prohibited" in place of the flags).
/// Tested by golden.captures: the captures in pcaps/ are byte by byte what this makes.
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

struct Ends {
  std::string_view orig = "192.0.2.1";
  std::string_view resp = "198.51.100.7";
  std::uint16_t orig_port = 40000;
  std::uint16_t resp_port = 80;
};

/// A file for pcaps/, and the line that describes it in the index.
struct Capture {
  std::string file;
  std::string what;
  Bytes bytes;
};

/// 2026-03-01 14:30:00 UTC.
inline constexpr std::int64_t kBegin = 1'772'375'400;

using Frames = std::vector<TimedPacket>;
/// Puts an IP packet into what it travels in; true for '>'.
using Wrap = std::function<Stack(Stack, bool)>;

Timestamp at(double seconds);
/// The IP packet of a row.
Stack ip_packet(const Row& row, const Ends& ends, std::uint16_t id);
/// The same without the IP header.
Stack tcp_segment(const Row& row, const Ends& ends);
Ethernet ethernet(bool up);
Frames frames(const Rows& rows, const Ends& ends = {});
Frames frames(const Rows& rows, const Wrap& wrap, const Ends& ends = {});
/// Appends.
void operator+=(Frames& to, const Frames& more);

/// One whole connection, 20 bytes out and 300 back, closed by its originator first.
const Rows& life();

std::vector<Capture> lifecycle_captures();
std::vector<Capture> repetition_captures();
std::vector<Capture> packet_captures();
std::vector<Capture> link_captures();
std::vector<Capture> savefile_captures();

}  // namespace synfin::test
