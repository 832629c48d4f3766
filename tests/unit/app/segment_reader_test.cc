// Packets to segments, batch by batch: the same on the consumer's own thread and on another one.
#include "app/segment_reader.h"

#include <gtest/gtest.h>

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

TEST(SegmentReader, GivesEverySegmentInOrderAndThenTheEnd) {
  const Options options;
  TickingSource source(packet(true), 10);
  SegmentReader reader(options, PacketScope::All, source, nullptr);
  SegmentBatch batch;
  std::vector<Timestamp> times;
  while (reader.read(batch)) {
    for (const Timestamp t : times_of(batch)) times.push_back(t);
  }
  ASSERT_EQ(times.size(), 10u);
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
  EXPECT_EQ(reader.gate().received(), 10u);
  EXPECT_EQ(reader.decoded().decoded, 10u);
  EXPECT_FALSE(reader.read(batch));
}

TEST(SegmentReader, DropsDataFromAControlDietAndCountsIt) {
  const Options options;
  TickingSource source(packet(false), 10);
  SegmentReader reader(options, PacketScope::Control, source, nullptr);
  SegmentBatch batch;
  while (reader.read(batch)) EXPECT_EQ(batch.size, 0u);
  EXPECT_EQ(reader.without_control(), 10u);
}

}  // namespace
}  // namespace synfin::test
