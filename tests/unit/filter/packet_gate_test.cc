// Which packets pass: the filter, times, -c and --duration, the same in batches of any size.
#include "synfin/filter/packet_gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "support/packet_builder.h"

namespace synfin::test {
namespace {

using std::chrono::seconds;

Timestamp at(std::int64_t s) { return Timestamp{seconds{1'700'000'000 + s}}; }

/// Ten packets, one a second from 0 to 9; those at even seconds are for port 80, the others 443.
std::vector<Packet> ten_packets() {
  static const Bytes bytes[] = {Ethernet{} / Ipv4{} / Tcp{.dport = 80, .syn = true},
                                Ethernet{} / Ipv4{} / Tcp{.dport = 443, .syn = true}};
  std::vector<Packet> packets(10);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    packets[i].time = at(static_cast<std::int64_t>(i));
    packets[i].data = bytes[i % 2].data();
    packets[i].caplen = packets[i].wirelen = static_cast<std::uint32_t>(bytes[i % 2].size());
    packets[i].link = LinkType::Ethernet;
  }
  return packets;
}

/// "seconds of what passed | received filtered, first-last received [done]", in batches of `size`.
std::string passed(const PacketLimits& limits, const std::string& filter, std::size_t size,
                   std::vector<Packet> packets = ten_packets()) {
  auto compiled = BpfFilter::create(filter);
  EXPECT_TRUE(compiled);
  PacketGate gate(limits, filter.empty() ? nullptr : &*compiled);
  std::string text;
  for (std::size_t from = 0; from < packets.size() && !gate.done(); from += size) {
    const auto batch = std::span(packets).subspan(from, std::min(size, packets.size() - from));
    const std::size_t kept = gate.pass(batch);
    for (const Packet& p : batch.first(kept)) text += std::to_string((p.time - at(0)) / seconds{1});
  }
  text += " | " + std::to_string(gate.received()) + ' ' + std::to_string(gate.filtered());
  if (gate.any()) {
    text += ", " + std::to_string((gate.first() - at(0)) / seconds{1}) + '-' +
            std::to_string((gate.last() - at(0)) / seconds{1});
  }
  return gate.done() ? text + " done" : text;
}

TEST(PacketGate, PassesCountsAndEndsTheSameInBatchesOfAnySize) {
  const struct {
    std::function<void(PacketLimits&)> set;
    const char* filter;
    const char* passed;
  } cases[] = {
      {[](PacketLimits&) {}, "", "0123456789 | 10 0, 0-9"},
      {[](PacketLimits&) {}, "tcp dst port 80", "02468 | 10 5, 0-8"},
      {[](PacketLimits&) {}, "udp", " | 10 10"},
      {[](PacketLimits& o) { o.max_packets = 3; }, "", "012 | 3 0, 0-2 done"},
      {[](PacketLimits& o) { o.max_packets = 10; }, "", "0123456789 | 10 0, 0-9 done"},
      {[](PacketLimits& o) { o.max_packets = 11; }, "", "0123456789 | 10 0, 0-9"},
      {[](PacketLimits& o) { o.max_packets = 2; }, "tcp dst port 443", "13 | 4 2, 1-3 done"},
      {[](PacketLimits& o) { o.duration = seconds{4}; }, "", "01234 | 5 0, 0-4 done"},
      {[](PacketLimits& o) { o.duration = seconds{0}; }, "", "0 | 1 0, 0-0 done"},
      {[](PacketLimits& o) { o.duration = seconds{9}; }, "", "0123456789 | 10 0, 0-9"},
      {[](PacketLimits& o) { o.duration = seconds{4}; }, "tcp dst port 443", "13 | 5 3, 1-3 done"},
      {[](PacketLimits& o) { o.after = at(3); }, "", "3456789 | 10 3, 3-9"},
      {[](PacketLimits& o) { o.before = at(3); }, "", "012 | 10 7, 0-2"},
      {[](PacketLimits& o) { o.after = at(2), o.before = at(6); }, "tcp dst port 80",
       "24 | 10 8, 2-4"},
      {[](PacketLimits& o) { o.after = at(2), o.max_packets = 2; }, "", "23 | 4 2, 2-3 done"},
      {[](PacketLimits& o) { o.after = at(2), o.duration = seconds{3}; }, "", "23 | 4 2, 2-3 done"},
  };
  for (const auto& c : cases) {
    PacketLimits limits;
    c.set(limits);
    for (const std::size_t size : {1u, 3u, 4u, 10u}) {
      EXPECT_EQ(passed(limits, c.filter, size), c.passed) << "batches of " << size;
    }
  }
}

TEST(PacketGate, TimesNeedNotBeInOrder) {
  std::vector<Packet> packets = ten_packets();
  std::swap(packets[0], packets[9]);
  PacketLimits limits;
  EXPECT_EQ(passed(limits, "", 4, packets), "9123456780 | 10 0, 0-9");
  limits.duration = seconds{0};
  EXPECT_EQ(passed(limits, "", 4, packets), "9123456780 | 10 0, 0-9") << "none is later";
}

TEST(PacketGate, NothingReadIsNothingReceived) {
  const PacketLimits limits;
  EXPECT_EQ(passed(limits, "", 4, {}), " | 0 0");
}

}  // namespace
}  // namespace synfin::test
