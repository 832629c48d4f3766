#include "inventory/port_ranges.h"

#include <gtest/gtest.h>

#include <array>

namespace synfin {
namespace {

TEST(PortRanges, ParsesListsAndRanges) {
  const auto ports = PortRanges::parse("1-1000,3306-3310,22,8080");
  ASSERT_TRUE(ports);
  EXPECT_EQ(ports->to_string(), "1-1000,3306-3310,8080");
  EXPECT_EQ(ports->size(), 1006u);
  EXPECT_TRUE(ports->contains(22));
  EXPECT_TRUE(ports->contains(3310));
  EXPECT_FALSE(ports->contains(3311));
  EXPECT_FALSE(ports->contains(0));
}

TEST(PortRanges, RefusesOtherTexts) {
  for (const char* wrong : {"", ",", "22,", "x", "70000", "5-1", "1-", "-1", "22 23"})
    EXPECT_FALSE(PortRanges::parse(wrong)) << wrong;
}

TEST(PortRanges, MergesNeighboursAndSplits) {
  PortRanges ports;
  for (const int port : {5, 3, 4, 65535, 0}) ports.insert(static_cast<std::uint16_t>(port));
  EXPECT_EQ(ports.to_string(), "0,3-5,65535");
  ports.erase(4);
  ports.erase(0);
  ports.erase(9);
  EXPECT_EQ(ports.to_string(), "3,5,65535");
  ports.insert(1, 65534);
  EXPECT_EQ(ports.to_string(), "1-65535");
  ports.erase(1);
  ports.erase(65535);
  EXPECT_EQ(ports.to_string(), "2-65534");
}

TEST(PortRanges, SurvivesPacking) {
  const auto ports = PortRanges::parse("0,7-9,65535");
  ASSERT_TRUE(ports);
  EXPECT_EQ(PortRanges::unpack(ports->pack()).to_string(), "0,7-9,65535");
  EXPECT_TRUE(PortRanges::unpack("abc").empty());
  EXPECT_TRUE(PortRanges::unpack(std::string("\0\5\0\1", 4)).empty());
  const std::string unsorted("\0\7\0\10\0\1\0\2\0\11\0\12", 12);  // 7-8, 1-2, 9-10
  EXPECT_EQ(PortRanges::unpack(unsorted).to_string(), "7-8");
}

TEST(PortRanges, ABoundStopsNewRangesOnly) {
  PortRanges ports;
  for (const std::uint16_t port : std::array<std::uint16_t, 3>{10, 20, 30})
    EXPECT_TRUE(ports.insert_within(port, 3));
  EXPECT_FALSE(ports.insert_within(0, 3));
  EXPECT_FALSE(ports.insert_within(40, 3));
  EXPECT_FALSE(ports.insert_within(20, 3));  // is in it already
  for (const std::uint16_t port : std::array<std::uint16_t, 4>{9, 11, 31, 29})
    EXPECT_TRUE(ports.insert_within(port, 3));
  EXPECT_EQ(ports.to_string(), "9-11,20,29-31");
  EXPECT_FALSE(ports.erase_within(10, 3));  // would be a fourth range
  EXPECT_FALSE(ports.erase_within(15, 3));
  EXPECT_TRUE(ports.erase_within(11, 3));
  EXPECT_TRUE(ports.erase_within(20, 3));
  EXPECT_TRUE(ports.erase_within(30, 3));
  EXPECT_EQ(ports.to_string(), "9-10,29,31");
  EXPECT_EQ(PortRanges::unpack(ports.pack(), 2).to_string(), "9-10,29");
}

}  // namespace
}  // namespace synfin
