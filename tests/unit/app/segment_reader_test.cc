// Packets to segments, batch by batch, and which of them are dropped.
#include "app/segment_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/packet_builder.h"
#include "support/ticking_source.h"

namespace synfin::test {
namespace {

Bytes packet(bool syn) {
  return Ethernet{} / Ipv4{.src = "192.0.2.1", .dst = "198.51.100.7"} /
         Tcp{.sport = 40000, .dport = 80, .seq = 1000, .syn = syn, .ack = !syn};
}

std::vector<Timestamp> times_of(const SegmentBatch& batch) {
  std::vector<Timestamp> times;
  for (const Segment& s : batch.segments()) times.push_back(s.time);
  return times;
}

TEST(SegmentReader, ReturnsEverySegmentInOrderAndThenTheEnd) {
  TickingSource source(packet(true), 10);
  SegmentReader reader({}, source);
  SegmentBatch batch;
  std::vector<Timestamp> times;
  while (reader.read(batch)) {
    for (const Timestamp t : times_of(batch)) times.push_back(t);
  }
  ASSERT_EQ(times.size(), 10u);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_EQ(reader.gate().received(), 10u);
  EXPECT_EQ(reader.ledger({}).decoded, 10u);
  EXPECT_FALSE(reader.read(batch));
}

TEST(SegmentReader, CountsAndDropsDataIfOnlyControlPacketsAreWanted) {
  TickingSource source(packet(false), 10);
  SegmentReader reader({.scope = PacketScope::Control}, source);
  SegmentBatch batch;
  while (reader.read(batch)) EXPECT_EQ(batch.size, 0u);
  const Ledger ledger = reader.ledger({});
  EXPECT_EQ(ledger.filtered, 10u);
  EXPECT_EQ(ledger.decoded, 0u);
  EXPECT_TRUE(ledger.balances());
}

}  // namespace
}  // namespace synfin::test
