// KeyIndex: full, with churn, and with keys that share a bucket.
#include "synfin/track/key_index.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <utility>

namespace synfin {
namespace {

constexpr std::size_t kCapacity = 1000;

/// Whether `slot` is found under `hash`.
bool holds(const KeyIndex& index, std::uint64_t hash, std::uint32_t slot) {
  return index.find(hash, [&](std::uint32_t id) { return id == slot; }) == slot;
}

TEST(KeyIndex, FindsInsertedSlotsAndNoOthers) {
  KeyIndex index(kCapacity);
  EXPECT_FALSE(index.find(7, [](std::uint32_t) { return true; }));
  index.insert(7, 0);
  EXPECT_TRUE(holds(index, 7, 0));
  EXPECT_EQ(index.guess(7), 0u);
  EXPECT_FALSE(holds(index, 7, 1));
  index.erase(7, 0);
  EXPECT_FALSE(holds(index, 7, 0));
  EXPECT_FALSE(index.guess(7));
}

TEST(KeyIndex, HoldsItsCapacityUnderOneHash) {
  KeyIndex index(kCapacity);
  for (std::uint32_t slot = 0; slot < kCapacity; ++slot) index.insert(42, slot);
  for (std::uint32_t slot = 0; slot < kCapacity; ++slot) ASSERT_TRUE(holds(index, 42, slot));
  for (std::uint32_t slot = 0; slot < kCapacity; slot += 2) index.erase(42, slot);
  for (std::uint32_t slot = 0; slot < kCapacity; ++slot)
    ASSERT_EQ(holds(index, 42, slot), slot % 2 == 1) << slot;
}

TEST(KeyIndex, KeepsEverySlotThroughChurnAtItsCapacity) {
  KeyIndex index(kCapacity);
  std::mt19937_64 random(3);
  std::deque<std::pair<std::uint64_t, std::uint32_t>> in;
  for (std::uint32_t slot = 0; slot < kCapacity; ++slot) {
    in.emplace_back(random(), slot);
    index.insert(in.back().first, slot);
  }
  for (int turn = 0; turn < 20'000; ++turn) {
    const auto [hash, slot] = in.front();
    in.pop_front();
    ASSERT_TRUE(holds(index, hash, slot)) << "turn " << turn;
    index.erase(hash, slot);
    ASSERT_FALSE(holds(index, hash, slot)) << "turn " << turn;
    in.emplace_back(random(), slot);
    index.insert(in.back().first, slot);
  }
  for (const auto& [hash, slot] : in) EXPECT_TRUE(holds(index, hash, slot));
}

TEST(KeyIndex, StopsASearchAtOnceWhenEmptyAgain) {
  KeyIndex index(kCapacity);
  for (std::uint32_t slot = 0; slot < kCapacity; ++slot) index.insert(42, slot);
  for (std::uint32_t slot = 0; slot < kCapacity; ++slot) index.erase(42, slot);
  int calls = 0;
  EXPECT_FALSE(index.find(42, [&](std::uint32_t) { return ++calls > 0; }));
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace synfin
