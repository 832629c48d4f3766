// Failures whose causes only their context shows. Tested by golden.captures.
#include <algorithm>

#include "conversation.h"

namespace synfin::test {
namespace {

/// A conversation that begins at `begin`. An RST of the responder has `rst_ttl`, if it is not 0.
struct Failure {
  double begin;
  Endpoints ends;
  Rows rows;
  std::uint8_t rst_ttl = 0;
};

Endpoints to(std::uint16_t port, std::string_view resp = "198.51.100.7", std::uint16_t from = 0) {
  return {.resp = resp,
          .orig_port = static_cast<std::uint16_t>(from != 0 ? from : 40000 + port),
          .resp_port = port};
}

const Rows kSilence = {
    {0.0, '>', "S", 1000}, {1.0, '>', "S", 1000}, {3.0, '>', "S", 1000}, {7.0, '>', "S", 1000}};

const std::vector<Failure> kFailures = {
    {0.0, to(80, "198.51.100.7", 40001), complete_connection()},
    {0.7, to(22, "198.51.100.7", 40002), complete_connection()},
    {1.0, to(81), {{0.0, '>', "S", 1000}, {0.02, '<', "RA", 0, 1001}}},
    {1.1, to(82), {{0.0, '>', "S", 1000}, {0.001, '<', "RA", 0, 1001}}, 63},
    {1.2, to(83), kSilence},
    {1.3, to(80, "203.0.113.9"), kSilence},
    {1.4, to(84), {{0.0, '>', "S", 1000}, {0.03, '!', "prohibited", 1000}}},
    {1.5,
     to(85),
     {{0.0, '>', "S", 1000},
      {0.02, '<', "SA", 5000, 1001},
      {1.02, '<', "SA", 5000, 1001},
      {3.02, '<', "SA", 5000, 1001}}},
    {1.6,
     to(86),
     {{0.0, '>', "S", 1000},
      {0.02, '<', "SA", 5000, 1001},
      {0.021, '>', "A", 1001, 5001},
      {0.03, '<', "FA", 5001, 1001},
      {0.031, '>', "FA", 1001, 5002},
      {0.05, '<', "A", 5002, 1002}}},
    {1.7,
     to(87),
     {{0.0, '>', "S", 1000},
      {0.02, '<', "SA", 5000, 1001},
      {0.021, '>', "A", 1001, 5001},
      {0.1, '>', "PA", 1001, 5001, 100},
      {0.12, '<', "A", 5001, 1101},
      {0.2, '>', "A", 1101, 5001, 1448},
      {0.4, '>', "A", 1101, 5001, 1448},
      {0.8, '>', "A", 1101, 5001, 1448},
      {1.6, '>', "A", 1101, 5001, 1448},
      {3.2, '>', "A", 1101, 5001, 1448},
      {5.0, '<', "FA", 5001, 1101},
      {5.001, '>', "A", 2549, 5002}}},
    {9.0, to(80, "198.51.100.7", 40003), complete_connection()},
};

Frames frames_of(const Failure& failure) {
  Frames out;
  std::uint16_t id = 1;
  for (Row row : failure.rows) {
    row.time += failure.begin;
    const bool foreign = failure.rst_ttl != 0 && row.direction == '<';
    const Stack ip = foreign ? Ipv4{.src = failure.ends.resp,
                                    .dst = failure.ends.orig,
                                    .ttl = failure.rst_ttl,
                                    .id = id} /
                                   tcp_segment(row, failure.ends)
                             : ip_packet(row, failure.ends, id);
    out.push_back({at(row.time), (ethernet(row.direction == '>') / ip).bytes()});
    ++id;
  }
  return out;
}

}  // namespace

std::vector<Capture> failure_captures() {
  Frames all;
  for (const Failure& failure : kFailures) all += frames_of(failure);
  std::stable_sort(all.begin(), all.end(),
                   [](const TimedPacket& a, const TimedPacket& b) { return a.time < b.time; });
  return {{"failures.pcap",
           "one host that answers on 22 and 80: a port refuses, one is refused by a firewall with "
           "another TTL, one is "
           "filtered, one is prohibited by ICMP, one's SYN-ACK is never acknowledged, one accepts "
           "and closes at once, "
           "and one is behind an MTU black hole; a second host is away",
           pcap_bytes(all, LinkType::Ethernet)}};
}

}  // namespace synfin::test
