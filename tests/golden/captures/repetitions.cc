// Retransmissions, losses, sequence wraps and clock errors. Tested by golden.captures.
#include <algorithm>

#include "conversation.h"

namespace synfin::test {
namespace {

struct Story {
  const char* name;
  const char* description;
  Rows rows;
};

const std::vector<Story> kStories = {
    {"sequence-wrap",
     "sequence numbers of both sides pass 2^32",
     {{0.000, '>', "S", 0xFFFFFFF0},
      {0.020, '<', "SA", 0xFFFFFFFF, 0xFFFFFFF1},
      {0.021, '>', "A", 0xFFFFFFF1, 0},
      {0.100, '>', "PA", 0xFFFFFFF1, 0, 100},
      {0.120, '<', "PA", 0, 85, 200},
      {0.121, '>', "A", 85, 200},
      {0.200, '>', "FA", 85, 200},
      {0.220, '<', "FA", 200, 86},
      {0.221, '>', "A", 86, 201}}},
    {"retransmitted-syn",
     "the first SYN was lost: the same SYN again after 1 s, so it yields no round-trip time",
     {{0.000, '>', "S", 1000},
      {1.020, '>', "S", 1000},
      {1.040, '<', "SA", 5000, 1001},
      {1.041, '>', "A", 1001, 5001}}},
    {"retransmitted-fin",
     "both FINs are sent twice: one connection",
     {{0.000, '>', "S", 1000},
      {0.020, '<', "SA", 5000, 1001},
      {0.021, '>', "A", 1001, 5001},
      {0.100, '>', "FA", 1001, 5001},
      {0.320, '>', "FA", 1001, 5001},
      {0.340, '<', "FA", 5001, 1002},
      {0.560, '<', "FA", 5001, 1002},
      {0.561, '>', "A", 1002, 5002}}},
    {"retransmitted-data",
     "100 bytes are sent twice and count once",
     {{0.000, '>', "S", 1000},
      {0.020, '<', "SA", 5000, 1001},
      {0.021, '>', "A", 1001, 5001},
      {0.100, '>', "PA", 1001, 5001, 100},
      {0.320, '>', "PA", 1001, 5001, 100},
      {0.340, '<', "A", 5001, 1101}}},
    {"lost-data",
     "the capture lacks 100 bytes that the other side acknowledged",
     {{0.000, '>', "S", 1000},
      {0.020, '<', "SA", 5000, 1001},
      {0.021, '>', "A", 1001, 5001},
      {0.120, '<', "A", 5001, 1101},
      {0.200, '>', "PA", 1101, 5001, 100},
      {0.220, '<', "A", 5001, 1201}}},
    {"zero-window",
     "the responder's buffer is full for a while",
     {{0.000, '>', "S", 1000},
      {0.020, '<', "SA", 5000, 1001},
      {0.021, '>', "A", 1001, 5001},
      {0.100, '>', "PA", 1001, 5001, 100},
      {0.120, '<', "A", 5001, 1101, 0, 0},
      {0.320, '>', "A", 1100, 5001},
      {0.340, '<', "A", 5001, 1101, 0, 0},
      {0.500, '<', "A", 5001, 1101}}},
    {"clock-step-back",
     "the capturing host's clock is set back by 10 s within a connection",
     {{10.000, '>', "S", 1000},
      {10.020, '<', "SA", 5000, 1001},
      {10.021, '>', "A", 1001, 5001},
      {0.100, '>', "PA", 1001, 5001, 20},
      {0.120, '<', "A", 5001, 1021},
      {0.200, '>', "FA", 1021, 5001},
      {0.220, '<', "FA", 5001, 1022},
      {0.221, '>', "A", 1022, 5002}}},
    {"time-jump-within",
     "one packet of a connection has a time ten years ahead, the others do not: nothing ends",
     {{0.000, '>', "S", 1000},
      {0.020, '<', "SA", 5000, 1001},
      {0.021, '>', "A", 1001, 5001},
      {315360000.0, '>', "PA", 1001, 5001, 20},
      {0.120, '<', "A", 5001, 1021},
      {0.200, '>', "FA", 1021, 5001},
      {0.220, '<', "FA", 5001, 1022},
      {0.221, '>', "A", 1022, 5002}}},
};

/// One connection, with a packet of another one between its packets that is ten years ahead.
Frames time_jump() {
  Frames all = frames(complete_connection());
  const Endpoints late_ends{.orig_port = 40001};
  const Frames late = frames({{315360000.0, '>', "S", 7000}}, late_ends);
  all.insert(all.begin() + 4, late.front());
  return all;
}

/// SYNs of 400 forged sources per second, and one real client.
Frames syn_flood() {
  Frames all = frames(complete_connection(), {"2001:db8::1", "2001:db8::7", 40000, 80});
  for (unsigned i = 0; i < 1200; ++i) {
    const std::string source = "2001:db8:bad::" + std::to_string(i);
    const Endpoints ends{source, "2001:db8::7", static_cast<std::uint16_t>(1024 + i), 80};
    all += frames({{0.0025 * i, '>', "S", i * 7919}}, ends);
  }
  all +=
      frames({{20.0, '>', "S", 7000}, {20.02, '<', "RA", 0, 7001}}, Endpoints{.orig = "192.0.2.2"});
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  return all;
}

}  // namespace

std::vector<Capture> repetition_captures() {
  std::vector<Capture> out;
  for (const Story& s : kStories) {
    out.push_back({std::string(s.name) + ".pcap", s.description,
                   pcap_bytes(frames(s.rows), LinkType::Ethernet)});
  }
  out.push_back({"time-jump.pcap", "a stray packet has a time ten years ahead: it expires nothing",
                 pcap_bytes(time_jump(), LinkType::Ethernet)});
  out.push_back({"syn-flood.pcap",
                 "1200 SYNs from forged addresses in 3 s, and one real connection among them",
                 pcap_bytes(syn_flood(), LinkType::Ethernet)});
  return out;
}

}  // namespace synfin::test
