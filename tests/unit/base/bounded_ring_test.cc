#include "synfin/base/bounded_ring.h"

#include <gtest/gtest.h>

#include <latch>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace synfin {
namespace {

using Ring = BoundedRing<std::vector<int>>;

TEST(BoundedRing, PassesBuffersInOrderAndClearsThem) {
  Ring ring(2);
  for (int n = 0; n < 7; ++n) {
    std::vector<int>* const empty = ring.take_empty();
    ASSERT_NE(empty, nullptr);
    EXPECT_TRUE(empty->empty());
    empty->push_back(n);
    ring.hand_over();
    std::vector<int>* const full = ring.take_full();
    EXPECT_EQ(full, empty);
    EXPECT_EQ(*full, std::vector{n});
    ring.give_back();
  }
}

TEST(BoundedRing, ConstructsBuffersFromTheArgumentsAndKeepsContentsWithoutClear) {
  struct Chunk {
    explicit Chunk(std::size_t size) : bytes(size, 'x') {}
    std::string bytes;
  };
  BoundedRing<Chunk> ring(3, std::size_t{5});
  EXPECT_EQ(ring.capacity(), 3u);
  Chunk* const chunk = ring.take_empty();
  EXPECT_EQ(chunk->bytes, "xxxxx");
  chunk->bytes = "abc";
  EXPECT_EQ(ring.take_empty(), chunk);
  EXPECT_EQ(chunk->bytes, "abc");
}

TEST(BoundedRing, TakingTwiceReturnsTheSameBuffer) {
  Ring ring(2);
  EXPECT_EQ(ring.take_empty(), ring.take_empty());
  ring.hand_over();
  EXPECT_EQ(ring.take_full(), ring.take_full());
}

TEST(BoundedRing, AfterCloseTheConsumerReceivesWhatWasHandedOver) {
  Ring ring(3);
  for (int n = 0; n < 2; ++n) {
    ring.take_empty()->push_back(n);
    ring.hand_over();
  }
  ring.take_empty()->push_back(99);  // never handed over
  ring.close();
  for (int n = 0; n < 2; ++n) {
    ASSERT_NE(ring.take_full(), nullptr);
    EXPECT_EQ(*ring.take_full(), std::vector{n});
    ring.give_back();
  }
  EXPECT_EQ(ring.take_full(), nullptr);
  EXPECT_EQ(ring.take_full(), nullptr);
  EXPECT_FALSE(ring.error().has_value());
}

TEST(BoundedRing, TryExchangeLeavesTheProducerItsBufferWhenThereIsNoOther) {
  Ring ring(2);
  std::vector<int>* const first = ring.take_empty();
  first->push_back(1);
  std::vector<int>* const second = ring.try_exchange();
  ASSERT_NE(second, nullptr);
  EXPECT_NE(second, first);
  second->push_back(2);
  EXPECT_EQ(ring.try_exchange(), nullptr);
  EXPECT_EQ(*second, std::vector{2});
  EXPECT_EQ(ring.take_full(), first);
  ring.give_back();
  EXPECT_EQ(ring.try_exchange(), first);
  EXPECT_TRUE(first->empty());
}

TEST(BoundedRing, AfterAbandonTheProducerReceivesNothing) {
  Ring ring(2);
  ASSERT_NE(ring.take_empty(), nullptr);
  ring.abandon();
  EXPECT_EQ(ring.take_empty(), nullptr);
  EXPECT_EQ(ring.try_exchange(), nullptr);
}

TEST(BoundedRing, ReportsTheFirstErrorToBothSides) {
  Ring ring(2);
  ring.close(Error{"the producer failed"});
  ring.abandon(Error{"the consumer failed"});
  ASSERT_TRUE(ring.error().has_value());
  EXPECT_EQ(ring.error()->message, "the producer failed");
}

TEST(BoundedRing, CloseWakesAWaitingConsumer) {
  Ring ring(2);
  std::latch started(1);
  std::thread consumer([&] {
    started.count_down();
    EXPECT_EQ(ring.take_full(), nullptr);
  });
  started.wait();
  ring.close();
  consumer.join();
}

TEST(BoundedRing, AbandonWakesAWaitingProducer) {
  Ring ring(1);
  ASSERT_NE(ring.take_empty(), nullptr);
  ring.hand_over();
  std::latch started(1);
  std::thread producer([&] {
    started.count_down();
    EXPECT_EQ(ring.take_empty(), nullptr);
  });
  started.wait();
  ring.abandon();
  producer.join();
}

TEST(BoundedRing, DeliversEverythingBetweenTwoThreads) {
  constexpr int kItems = 20'000;
  for (const std::size_t capacity : {1UL, 2UL, 8UL}) {
    Ring ring(capacity);
    std::thread producer([&] {
      for (int n = 0; n < kItems; ++n) {
        std::vector<int>* const buffer = ring.take_empty();
        buffer->push_back(n);
        ring.hand_over();
      }
      ring.close();
    });
    std::vector<int> received;
    while (const std::vector<int>* const buffer = ring.take_full()) {
      received.insert(received.end(), buffer->begin(), buffer->end());
      ring.give_back();
    }
    producer.join();
    std::vector<int> expected(kItems);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(received, expected) << capacity;
  }
}

TEST(BoundedRing, TheConsumerMayWaitForATimeOnly) {
  BoundedRing<int> ring(2);
  EXPECT_FALSE(ring.wait_full(std::chrono::milliseconds{1}));
  *ring.take_empty() = 7;
  ring.hand_over();
  EXPECT_TRUE(ring.wait_full(std::chrono::milliseconds{1}));
  EXPECT_EQ(*ring.take_full(), 7);
  ring.give_back();
  EXPECT_FALSE(ring.wait_full(std::chrono::milliseconds{1}));
  ring.close();
  EXPECT_TRUE(ring.wait_full(std::chrono::milliseconds{1}));
  EXPECT_EQ(ring.take_full(), nullptr);
}

}  // namespace
}  // namespace synfin
