// OpenTraffic: rates between snapshots, and unknown bytes with control packets only.
#include "synfin/view/open_traffic.h"

#include <gtest/gtest.h>

#include <vector>

#include "unit/view/changes.h"

namespace synfin {
namespace {

using std::chrono::seconds;
using view_test::at;
using view_test::kStart;

ConnectionRecord record(std::uint16_t port, std::uint64_t sent, std::uint64_t received,
                        Duration last = {}) {
  ConnectionRecord r;
  r.tuple = {at("192.0.2.1", port), at("198.51.100.1", 80)};
  r.first = kStart;
  r.last = kStart + last;
  r.orig.bytes = sent;
  r.resp.bytes = received;
  return r;
}

std::optional<Phase> established(const ConnectionRecord&) { return Phase::Established; }

TEST(OpenTraffic, RatesCoverTheTimeBetweenTwoSnapshots) {
  OpenTraffic traffic(PacketScope::All);
  traffic.update(std::vector{record(2, 0, 0), record(1, 100, 1000)}, kStart + seconds{10},
                 established);
  ASSERT_EQ(traffic.connections().size(), 2u);
  EXPECT_EQ(traffic.connections()[0].tuple.orig.port, 1) << "in order";
  EXPECT_EQ(traffic.connections()[0].orig.bytes, 100u);
  EXPECT_FALSE(traffic.connections()[0].orig.rate);
  traffic.update(std::vector{record(1, 300, 5000), record(2, 0, 0)}, kStart + seconds{12},
                 established);
  EXPECT_EQ(traffic.connections()[0].orig.rate, 100u);
  EXPECT_EQ(traffic.connections()[0].resp.rate, 2000u);
  EXPECT_EQ(traffic.connections()[1].orig.rate, 0u);
}

TEST(OpenTraffic, ANewConnectionCountsAllItsBytes) {
  OpenTraffic traffic(PacketScope::All);
  traffic.update({}, kStart - seconds{1}, established);
  traffic.update(std::vector{record(1, 500, 0)}, kStart + seconds{1}, established);
  EXPECT_EQ(traffic.connections()[0].orig.rate, 250u);
}

TEST(OpenTraffic, ControlPacketsYieldNoBytes) {
  OpenTraffic traffic(PacketScope::Control);
  traffic.update(std::vector{record(1, 500, 0, seconds{3})}, kStart + seconds{5}, established);
  EXPECT_FALSE(traffic.connections()[0].orig.bytes);
  EXPECT_EQ(traffic.connections()[0].idle(kStart + seconds{5}), seconds{2});
}

TEST(OpenTraffic, HiddenConnectionsAreAbsent) {
  OpenTraffic traffic(PacketScope::All);
  traffic.update(std::vector{record(1, 500, 0)}, kStart,
                 [](const ConnectionRecord&) { return std::optional<Phase>{}; });
  EXPECT_TRUE(traffic.connections().empty());
}

}  // namespace
}  // namespace synfin
