// SlotQueues: order, removal at any position, and reuse of slots.
#include "track/slot_queues.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <random>
#include <vector>

namespace synfin {
namespace {

constexpr std::uint32_t kNone = SlotQueues::kNone;

/// The slots of a queue, from the oldest, after checking that it reads the same backwards.
std::vector<std::uint32_t> in_order(const SlotQueues& queues, Queue queue) {
  std::vector<std::uint32_t> slots, back;
  for (auto s = queues.oldest(queue); s != kNone; s = queues.after(s)) slots.push_back(s);
  for (auto s = queues.newest(queue); s != kNone; s = queues.before(s)) back.push_back(s);
  EXPECT_EQ(slots, std::vector(back.rbegin(), back.rend()));
  return slots;
}

TEST(SlotQueues, FreeSlotsComeInOrderAndThenAsTheyWereGivenBack) {
  SlotQueues queues(3);
  EXPECT_FALSE(queues.full());
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(queues.take_free(), i);
  EXPECT_TRUE(queues.full());
  EXPECT_EQ(queues.take_free(), kNone);
  queues.give_back(1);
  queues.give_back(2);
  EXPECT_FALSE(queues.full());
  EXPECT_EQ(queues.take_free(), 2u);
  EXPECT_EQ(queues.take_free(), 1u);
  EXPECT_EQ(queues.take_free(), kNone);
}

TEST(SlotQueues, RemovesTheFirstTheLastTheMiddleAndTheOnlyOne) {
  for (std::uint32_t removed = 0; removed < 3; ++removed) {
    SlotQueues queues(3);
    std::vector<std::uint32_t> left;
    for (std::uint32_t i = 0; i < 3; ++i) {
      queues.push(Queue::Open, i);
      if (i != removed) left.push_back(i);
    }
    queues.remove(Queue::Open, removed);
    EXPECT_EQ(in_order(queues, Queue::Open), left);
  }
  SlotQueues queues(1);
  EXPECT_EQ(queues.oldest(Queue::Open), kNone);
  EXPECT_EQ(queues.newest(Queue::Open), kNone);
  queues.push(Queue::Open, 0);
  queues.remove(Queue::Open, 0);
  EXPECT_EQ(queues.oldest(Queue::Open), kNone);
  EXPECT_EQ(queues.newest(Queue::Open), kNone);
}

TEST(SlotQueues, EqualAPlainModel) {
  constexpr std::uint32_t kSlots = 50;
  SlotQueues queues(kSlots);
  std::array<std::deque<std::uint32_t>, kQueues> model;
  std::vector<int> in(kSlots, -1);
  std::mt19937 random(1);
  for (int step = 0; step < 20'000; ++step) {
    const auto queue = static_cast<int>(random() % kQueues);
    const auto chosen = static_cast<std::uint32_t>(random() % kSlots);
    std::uint32_t slot = chosen;
    if (in[chosen] < 0) {
      slot = queues.take_free();
      ASSERT_LT(slot, kSlots);
      ASSERT_EQ(in[slot], -1) << "a slot is taken once";
    } else {
      queues.remove(static_cast<Queue>(in[slot]), slot);
      std::erase(model[static_cast<std::size_t>(in[slot])], slot);
    }
    in[slot] = random() % 4 == 0 ? -1 : queue;
    if (in[slot] < 0) {
      queues.give_back(slot);
    } else {
      queues.push(static_cast<Queue>(queue), slot);
      model[static_cast<std::size_t>(queue)].push_back(slot);
    }
  }
  for (int queue = 0; queue < kQueues; ++queue) {
    const auto& slots = model[static_cast<std::size_t>(queue)];
    EXPECT_EQ(in_order(queues, static_cast<Queue>(queue)), std::vector(slots.begin(), slots.end()));
  }
}

}  // namespace
}  // namespace synfin
