// The counts of a live capture as text. tests/live/ captures.
#include "synfin/capture/live.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

TEST(LiveCounters, AreTheThreeLinesOfTcpdump) {
  LiveCounters counters{.received = 3, .captured = 1, .dropped = {}};
  counters.dropped.kernel = 2;
  EXPECT_EQ(to_text(counters, 0),
            "1 packet captured\n3 packets received by filter\n2 packets dropped by kernel\n");
}

TEST(LiveCounters, OtherLossesHaveLinesOfTheirOwn) {
  LiveCounters counters;
  counters.dropped.interface = 1;
  EXPECT_EQ(to_text(counters, 4),
            "0 packets captured\n0 packets received by filter\n0 packets dropped by kernel\n"
            "1 packet dropped by interface\n"
            "4 events dropped, because the output was too slow\n");
}

}  // namespace
}  // namespace synfin
