// Notes about MAC addresses: repeated ones are left out, order and time bounds hold.
#include "synfin/base/link_neighbors.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

Timestamp at(int second) { return Timestamp{} + std::chrono::seconds{second}; }

TEST(LinkNeighbors, NotesAnAddressOnceUntilItChanges) {
  LinkNeighbors neighbors;
  const std::uint8_t one[] = {0x02, 0, 0x5E, 0x10, 0, 1};
  const std::uint8_t two[] = {0x02, 0, 0x5E, 0x10, 0, 2};
  const Address ip = *Address::parse("192.0.2.1");
  neighbors.note(at(1), ip, one);
  neighbors.note(at(2), ip, one);
  neighbors.note(at(3), ip, two);
  LinkNeighbors::Note note;
  EXPECT_EQ(neighbors.next(), at(1));
  EXPECT_FALSE(neighbors.take(at(0), note));
  ASSERT_TRUE(neighbors.take(at(1), note));
  EXPECT_EQ(note.ip, ip);
  EXPECT_EQ(note.mac, 0x02005E100001u);
  EXPECT_FALSE(neighbors.take(at(2), note));
  ASSERT_TRUE(neighbors.take(at(3), note));
  EXPECT_EQ(note.mac, 0x02005E100002u);
  EXPECT_EQ(neighbors.next(), Timestamp::max());
  EXPECT_FALSE(neighbors.take(at(9), note));
}

TEST(LinkNeighbors, IgnoresGroupAddresses) {
  LinkNeighbors neighbors;
  const std::uint8_t group[] = {0x01, 0, 0x5E, 0, 0, 1};
  const std::uint8_t none[] = {0, 0, 0, 0, 0, 0};
  neighbors.note(at(1), *Address::parse("192.0.2.1"), group);
  neighbors.note(at(1), *Address::parse("192.0.2.1"), none);
  LinkNeighbors::Note note;
  EXPECT_FALSE(neighbors.take(at(9), note));
}

TEST(LinkNeighbors, AFullRingLosesNotesAndTakesThemLater) {
  LinkNeighbors neighbors;
  const std::uint8_t mac[] = {0x02, 0, 0, 0, 0, 7};
  for (std::uint32_t i = 0; i < 20'000; ++i)
    neighbors.note(at(1), Address::from_v4(0x0A000000 + i), mac);
  LinkNeighbors::Note note;
  std::size_t taken = 0;
  while (neighbors.take(at(1), note)) ++taken;
  EXPECT_EQ(taken, 16'384u);
  const Address last = Address::from_v4(0x0A000000 + 19'999);
  neighbors.note(at(2), last, mac);
  ASSERT_TRUE(neighbors.take(at(2), note));
  EXPECT_EQ(note.ip, last);
}

}  // namespace
}  // namespace synfin
