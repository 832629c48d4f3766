// Socket updates for the packet thread: their order, their time, and the bound of the queue.
#include "app/table_requests.h"

#include <gtest/gtest.h>

#include <thread>

namespace synfin {
namespace {

Timestamp at(std::int64_t n) { return timestamp_from_ns(n); }
SocketUpdates updates(std::int64_t n) { return {.at = at(n), .open = {}, .gone = {}}; }

TEST(TableRequests, ReturnsTheOldestOnceItsTimeHasCome) {
  TableRequests requests;
  EXPECT_FALSE(requests.take(Timestamp::max()));
  requests.post(updates(10));
  requests.post(updates(20));
  EXPECT_FALSE(requests.take(at(9)));
  EXPECT_EQ(requests.take(at(10))->at, at(10));
  EXPECT_FALSE(requests.take(at(19))) << "packets from before that time are still expected";
  EXPECT_EQ(requests.take(at(25))->at, at(20));
  EXPECT_FALSE(requests.take(Timestamp::max()));
}

TEST(TableRequests, KeepsWhatWasPosted) {
  TableRequests requests;
  const KnownConnection one{{}, at(1)}, two{{}, at(2)};
  requests.post({.at = at(3), .open = {one, two}, .gone = {two}});
  const auto taken = requests.take(at(3));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->open.size(), 2u);
  EXPECT_EQ(taken->gone.size(), 1u);
}

TEST(TableRequests, RefusesUpdatesWhileItIsFull) {
  TableRequests requests;
  for (std::int64_t n = 1; n <= 16; ++n) EXPECT_TRUE(requests.post(updates(n)));
  EXPECT_FALSE(requests.post(updates(17)));
  EXPECT_EQ(requests.take(Timestamp::max())->at, at(1));
  EXPECT_TRUE(requests.post(updates(18)));
  std::vector<std::int64_t> got;
  while (const auto taken = requests.take(Timestamp::max())) got.push_back(to_ns(taken->at));
  ASSERT_EQ(got.size(), 16u);
  EXPECT_EQ(got.front(), 2);
  EXPECT_EQ(got.back(), 18);
}

TEST(TableRequests, KeepsTheOrderBetweenThreads) {
  TableRequests requests;
  std::thread poster([&] {
    for (std::int64_t n = 1; n <= 10; ++n) EXPECT_TRUE(requests.post(updates(n)));
  });
  std::int64_t expected = 1;
  while (expected <= 10) {
    if (const auto taken = requests.take(Timestamp::max())) {
      ASSERT_EQ(to_ns(taken->at), expected);
      ++expected;
    }
    std::this_thread::yield();
  }
  poster.join();
}

}  // namespace
}  // namespace synfin
