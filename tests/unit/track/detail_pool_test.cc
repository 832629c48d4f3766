// DetailPool: one Detail per slot, moved histories, and an empty pool.
#include "track/detail_pool.h"

#include <gtest/gtest.h>

#include <vector>

namespace synfin {
namespace {

TEST(DetailPool, MovesTheHistoryAndReturnsTheSameDetailAgain) {
  DetailPool pool(0);
  Slot slot;
  slot.history.append(Letter::S, 0);
  slot.history.append(Letter::H, 1);
  slot.history.append(Letter::Flip, 0);
  EXPECT_EQ(pool.of(slot), nullptr);
  Detail* const detail = pool.ensure(slot);
  ASSERT_NE(detail, nullptr);
  ASSERT_EQ(detail->history_size, 3);
  EXPECT_EQ(detail->history[0], static_cast<unsigned>(Letter::S));
  EXPECT_EQ(detail->history[1], static_cast<unsigned>(Letter::H) | 16u);
  EXPECT_EQ(detail->history[2], static_cast<unsigned>(Letter::Flip));
  EXPECT_EQ(pool.ensure(slot), detail);
  EXPECT_EQ(pool.of(slot), detail);
  EXPECT_EQ(detail->history_size, 3);
}

TEST(DetailPool, HoldsOnePer224SlotsPlus64AndReusesThem) {
  DetailPool pool(2240);
  std::vector<Slot> slots(75);
  for (std::size_t i = 0; i + 1 < slots.size(); ++i) ASSERT_NE(pool.ensure(slots[i]), nullptr) << i;
  Slot& last = slots.back();
  last.history.append(Letter::S, 0);
  EXPECT_EQ(pool.missing(), 0u);
  EXPECT_EQ(pool.ensure(last), nullptr);
  EXPECT_EQ(pool.missing(), 1u);
  EXPECT_EQ(last.flags.has_detail, 0u);
  EXPECT_EQ(last.history.size(), 1u) << "a slot without a Detail keeps its history";

  Detail* const used = pool.of(slots[7]);
  used->missed = 99;
  used->candidate.packets = 1;
  pool.release(slots[7]);
  EXPECT_EQ(pool.of(slots[7]), nullptr);
  EXPECT_EQ(slots[7].history.size(), 0u);
  Detail* const again = pool.ensure(last);
  EXPECT_EQ(again, used);
  EXPECT_EQ(again->missed, 0u) << "a reused Detail is reset";
  EXPECT_EQ(again->candidate.packets, 0);
  EXPECT_EQ(again->history_size, 1);
}

TEST(DetailPool, ReleasingWithoutOneChangesNothing) {
  DetailPool pool(0);
  Slot slot;
  slot.history.append(Letter::S, 0);
  pool.release(slot);
  EXPECT_EQ(slot.history.size(), 1u);
}

}  // namespace
}  // namespace synfin
