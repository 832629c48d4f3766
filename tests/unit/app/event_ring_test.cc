// The ring of event buffers: order, who waits and who never does, and how it ends.
#include "app/event_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "track/fill_record.h"
#include "track/slot.h"

namespace synfin {
namespace {

void mark(EventBuffer& buffer, std::int64_t n) {
  buffer.append({.time = timestamp_from_ns(n)}, Slot{}, nullptr, {}, {});
}
std::int64_t mark_of(EventBuffer& buffer) { return to_ns(buffer.events()[0].time); }

TEST(EventRing, GivesBuffersInOrderAndEmptyAgain) {
  EventRing ring(2, 3);
  for (std::int64_t n = 0; n < 7; ++n) {
    EventBuffer& empty = ring.take_empty();
    ASSERT_TRUE(empty.empty());
    ASSERT_EQ(empty.room(), 3u);
    mark(empty, n);
    ring.hand_over();
    EventBuffer* const full = ring.take_full();
    ASSERT_NE(full, nullptr);
    EXPECT_EQ(full, &empty);
    EXPECT_EQ(mark_of(*full), n);
    ring.give_back();
  }
}

TEST(EventRing, ClosedItStillGivesWhatItHolds) {
  EventRing ring(3, 1);
  for (std::int64_t n = 0; n < 2; ++n) {
    mark(ring.take_empty(), n);
    ring.hand_over();
  }
  ring.take_empty();  // taken, never handed over: nobody's
  ring.close();
  for (std::int64_t n = 0; n < 2; ++n) {
    EventBuffer* const full = ring.take_full();
    ASSERT_NE(full, nullptr);
    EXPECT_EQ(mark_of(*full), n);
    ring.give_back();
  }
  EXPECT_EQ(ring.take_full(), nullptr);
  EXPECT_EQ(ring.take_full(), nullptr);
}

TEST(EventRing, ALiveProducerKeepsItsBufferWhileThereIsNoOther) {
  EventRing ring(2, 4);
  EventBuffer* mine = &ring.take_empty();
  mark(*mine, 1);
  EventBuffer* const second = ring.try_exchange();
  ASSERT_NE(second, nullptr);
  EXPECT_NE(second, mine);
  EXPECT_TRUE(second->empty());
  mark(*second, 2);
  EXPECT_EQ(ring.try_exchange(), nullptr) << "the consumer has the other one";
  EXPECT_EQ(mark_of(*second), 2) << "nothing was handed over";
  EXPECT_EQ(mark_of(*ring.take_full()), 1);
  EXPECT_EQ(ring.try_exchange(), nullptr) << "it is at work on it";
  ring.give_back();
  EventBuffer* const third = ring.try_exchange();
  ASSERT_EQ(third, mine);
  EXPECT_TRUE(third->empty());
  EXPECT_EQ(mark_of(*ring.take_full()), 2);
}

TEST(EventRing, LosesNothingBetweenTwoThreads) {
  constexpr std::int64_t kBuffers = 20'000;
  EventRing ring(4, 1);
  std::thread producer([&] {
    for (std::int64_t n = 0; n < kBuffers; ++n) {
      mark(ring.take_empty(), n);
      ring.hand_over();
    }
    ring.close();
  });
  std::int64_t expected = 0;
  while (EventBuffer* full = ring.take_full()) {
    if (mark_of(*full) == expected) ++expected;
    ring.give_back();
  }
  producer.join();
  EXPECT_EQ(expected, kBuffers);
}

TEST(EventRing, AFullRingHoldsAnOfflineProducerUntilABufferComesBack) {
  EventRing ring(1, 1);
  mark(ring.take_empty(), 1);
  ring.hand_over();
  std::atomic<bool> given_back{false};
  std::atomic<bool> too_early{false};
  std::thread producer([&] {
    ring.take_empty();
    too_early = !given_back;
  });
  ASSERT_NE(ring.take_full(), nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds{20});  // for a producer that does not wait
  given_back = true;
  ring.give_back();
  producer.join();
  EXPECT_FALSE(too_early);
}

}  // namespace
}  // namespace synfin
