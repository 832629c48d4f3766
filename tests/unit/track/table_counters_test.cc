// What the counters of the table show of a capture as a whole.
#include <gtest/gtest.h>

#include "support/lab.h"
#include "synfin/base/capture_info.h"

namespace synfin::test {
namespace {

FiveTuple tuple_from(std::uint16_t port) {
  FiveTuple tuple = lab_tuple();
  tuple.orig.port = port;
  return tuple;
}

bool shows_control_packets_only(const std::vector<Row>& rows, std::uint16_t connections = 3,
                                PacketScope scope = PacketScope::All) {
  TableOptions options;
  options.scope = scope;
  Lab lab(options);
  for (std::uint16_t i = 0; i < connections; ++i)
    lab.run(rows, tuple_from(static_cast<std::uint16_t>(40000 + i)));
  lab.drain();
  CaptureInfo info;
  lab.table().counters().add_to(info);
  return info.only_control_packets;
}

const std::vector<Row> kClosed = {{0.0, '>', "S", 1000},
                                  {0.1, '<', "SA", 5000, 1001},
                                  {1.0, '>', "FA", 1101, 5201},
                                  {1.1, '<', "FA", 5201, 1102}};

TEST(TableCounters, ACaptureOfControlPacketsIsRecognized) {
  EXPECT_TRUE(shows_control_packets_only(kClosed));
  EXPECT_TRUE(shows_control_packets_only(
      {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {1.0, '<', "R", 90'001}}))
      << "data came before the RST";
  EXPECT_FALSE(shows_control_packets_only(kClosed, 2)) << "two connections are few";
  EXPECT_FALSE(shows_control_packets_only(kClosed, 3, PacketScope::Control));
}

TEST(TableCounters, ACaptureOfAllPacketsHasOthers) {
  std::vector<Row> all = kClosed;
  all.push_back({1.2, '>', "A", 1102, 5202});
  EXPECT_FALSE(shows_control_packets_only(all));
}

TEST(TableCounters, AScanOrAFloodHasNoOtherPackets) {
  EXPECT_FALSE(shows_control_packets_only(
      {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "R", 1001}}));
  EXPECT_FALSE(shows_control_packets_only(
      {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {1.1, '<', "SA", 5000, 1001}}));
}

}  // namespace
}  // namespace synfin::test
