// The mixing functions against published values and against arithmetic in two halves.
#include "synfin/base/mix.h"

#include <gtest/gtest.h>

#include <set>

#include "synfin/base/seeded_hash.h"

namespace synfin {
namespace {

TEST(Mix64, FoldsTheTwoHalvesOfTheProduct) {
  EXPECT_EQ(mix64(3, 5), 15u);
  EXPECT_EQ(mix64(std::uint64_t{1} << 63, 4), 2u) << "2^65 has only a high half";
  EXPECT_EQ(mix64(~std::uint64_t{0}, ~std::uint64_t{0}), (~std::uint64_t{0} - 1) ^ 1u);
}

TEST(Scale64, MapsTheWholeRangeBelowTheCount) {
  EXPECT_EQ(scale64(0, 10), 0u);
  EXPECT_EQ(scale64(std::uint64_t{1} << 63, 10), 5u);
  EXPECT_EQ(scale64(~std::uint64_t{0}, 10), 9u);
}

// The first numbers of the reference implementation for the seed 1234567.
TEST(SplitMix64, GivesThePublishedSequence) {
  std::uint64_t state = 1234567;
  EXPECT_EQ(split_mix64(state), 6457827717110365317u);
  EXPECT_EQ(split_mix64(state), 3203168211198807973u);
  EXPECT_EQ(split_mix64(state), 9817491932198370423u);
}

TEST(SeededHash, NoAddressMeetsAKnownConstant) {
  const SeededHash hash, other;
  std::set<std::size_t> hashes;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const Address a = Address::from_halves(i, 0xD1B54A32D192ED03);
    const Address b = Address::from_halves(0x9E3779B97F4A7C15, i);
    EXPECT_EQ(hash(a), hash(a));
    EXPECT_NE(hash(a), other(a)) << "each has secrets of its own";
    for (const Address& address : {a, b}) hashes.insert(hash(address));
  }
  EXPECT_GE(hashes.size(), 1999u);
}

}  // namespace
}  // namespace synfin
