// Converts the rows of a table into packets. Tested by golden.captures.
#include "conversation.h"

#include <cmath>

namespace synfin::test {
namespace {

const Bytes kMss = {2, 4, 5, 0xB4};

bool is_v6(const Endpoints& ends) { return ends.orig.find(':') != std::string_view::npos; }

Stack ip_header(const Endpoints& ends, bool up, std::uint16_t id) {
  const std::string_view src = up ? ends.orig : ends.resp, dst = up ? ends.resp : ends.orig;
  const std::uint8_t ttl = up ? 64 : 57;
  if (is_v6(ends)) return Ipv6{.src = src, .dst = dst, .hop_limit = ttl};
  return Ipv4{.src = src, .dst = dst, .ttl = ttl, .id = id};
}

/// An ICMP error of a router, which quotes the IP header and 8 bytes (RFC 792) or the whole packet
/// (RFC 4443).
Stack icmp_packet(const Row& row, const Endpoints& ends, std::uint16_t id) {
  const Row syn{row.time, '>', "S", row.seq};
  const bool prohibited = row.flags == "prohibited";
  if (is_v6(ends)) {
    const std::uint8_t code = prohibited ? 1 : 3;
    return Ipv6{.src = "2001:db8:ffff::1", .dst = ends.orig, .hop_limit = 60} /
           Icmp6{.type = 1, .code = code} / quote(ip_packet(syn, ends, id));
  }
  const std::uint8_t code = prohibited ? 13 : 1;
  return Ipv4{.src = "203.0.113.1", .dst = ends.orig, .ttl = 60, .id = id} /
         Icmp{.type = 3, .code = code} / quote(ip_packet(syn, ends, id), 28);
}

}  // namespace

Timestamp at(double seconds) {
  return timestamp_from_ns(kBegin * 1'000'000'000 + std::llround(seconds * 1e6) * 1'000);
}

Stack tcp_segment(const Row& row, const Endpoints& ends) {
  const bool up = row.direction == '>';
  const auto has = [&row](char flag) { return row.flags.find(flag) != std::string_view::npos; };
  const Stack tcp = Tcp{.sport = up ? ends.orig_port : ends.resp_port,
                        .dport = up ? ends.resp_port : ends.orig_port,
                        .seq = row.seq,
                        .ack_seq = row.ack,
                        .syn = has('S'),
                        .fin = has('F'),
                        .rst = has('R'),
                        .psh = has('P'),
                        .ack = has('A'),
                        .ece = has('E'),
                        .cwr = has('C'),
                        .ae = has('N'),
                        .window = has('R') ? std::uint16_t{0} : row.window,
                        .options = has('S') ? kMss : Bytes{}};
  return row.payload == 0 ? tcp : tcp / Payload{row.payload};
}

Stack ip_packet(const Row& row, const Endpoints& ends, std::uint16_t id) {
  if (row.direction == '!') return icmp_packet(row, ends, id);
  return ip_header(ends, row.direction == '>', id) / tcp_segment(row, ends);
}

Ethernet ethernet(bool up) {
  return {.src = static_cast<std::uint8_t>(up ? 1 : 2),
          .dst = static_cast<std::uint8_t>(up ? 2 : 1)};
}

Frames frames(const Rows& rows, const Wrap& wrap, const Endpoints& ends) {
  Frames out;
  std::uint16_t id = 1;
  for (const Row& row : rows) {
    out.push_back({at(row.time), wrap(ip_packet(row, ends, id++), row.direction == '>').bytes()});
  }
  return out;
}

Frames frames(const Rows& rows, const Endpoints& ends) {
  return frames(
      rows, [](Stack ip, bool up) { return ethernet(up) / std::move(ip); }, ends);
}

void operator+=(Frames& to, const Frames& more) { to.insert(to.end(), more.begin(), more.end()); }

const Rows& complete_connection() {
  static const Rows rows = {
      {0.000, '>', "S", 1000},        {0.020, '<', "SA", 5000, 1001},
      {0.021, '>', "A", 1001, 5001},  {0.100, '>', "PA", 1001, 5001, 20},
      {0.120, '<', "A", 5001, 1021},  {0.150, '<', "PA", 5001, 1021, 300},
      {0.151, '>', "A", 1021, 5301},  {0.500, '>', "FA", 1021, 5301},
      {0.520, '<', "FA", 5301, 1022}, {0.521, '>', "A", 1022, 5302},
  };
  return rows;
}

}  // namespace synfin::test
