// The queue: each channel gets each message once, in batches that survive a restart.
#include "notify/message_queue.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

using std::chrono::seconds;

Timestamp at(int second) { return timestamp_from_ns(second * std::int64_t{1'000'000'000}); }

Message message(const std::string& id, MessageKind kind = MessageKind::Change) {
  Message one;
  one.id = id;
  one.kind = kind;
  one.change = kind == MessageKind::Change ? "new_port" : "";
  one.host = kind == MessageKind::Change ? "192.0.2.1" : "";
  one.title = "title of " + id;
  return one;
}

class Queue : public testing::Test {
 protected:
  Queue() : state_(std::move(*Database::open(":memory:", DatabaseAccess::Write))) {
    channel_.name = "a";
    channel_.messages = 0xF;
    EXPECT_TRUE(add_channels(state_, names_));
    queue_ = std::move(*MessageQueue::on(state_));
  }

  void add(const std::string& id, MessageKind kind = MessageKind::Change, int second = 100) {
    EXPECT_TRUE(*enqueue(state_, message(id, kind), at(second), room_));
  }
  /// The id of the next batch at `second`, or "-".
  std::string next(int second, std::size_t single = 5, Expiry expiry = {}, bool retries = false) {
    auto found = queue_->next(channel_, {.now = at(second),
                                         .group_delay = seconds{5},
                                         .single_changes = single,
                                         .retries = retries,
                                         .expiry = expiry});
    EXPECT_TRUE(found);
    soonest_ = found->soonest;
    given_up_ = found->given_up;
    batch_ = found->batch ? std::move(*found->batch) : Batch{};
    return batch_.number == 0 ? "-" : batch_.message.id;
  }
  /// Whether a message has room in a new transaction.
  bool has_room(MessageKind kind = MessageKind::Change) {
    return *QueueRoom(state_, names_).take(kind);
  }
  std::int64_t rows(const std::string& table) {
    auto count = state_.prepare("SELECT count(*) FROM " + table);
    EXPECT_TRUE(*count->step());
    return count->integer(0);
  }

  const std::vector<std::string> names_{"a", "b"};
  Database state_;
  QueueRoom room_{state_, names_};
  Channel channel_;
  std::unique_ptr<MessageQueue> queue_;
  Batch batch_;
  Timestamp soonest_{};
  std::size_t given_up_ = 0;
};

TEST_F(Queue, DeliversOnce) {
  add("1");
  EXPECT_EQ(next(101), "-") << "others may join it";
  EXPECT_EQ(soonest_, at(105));
  EXPECT_EQ(next(105), "1");
  EXPECT_TRUE(queue_->finish(batch_, true));
  EXPECT_EQ(next(200), "-");
  add("1");
  EXPECT_EQ(next(200), "-") << "its id is known";
}

TEST_F(Queue, WhatIsInFlightComesAgainAfterARestart) {
  for (const char* id : {"1", "2", "3"}) add(id);
  EXPECT_EQ(next(200, 1), "1+2");
  const std::int64_t number = batch_.number;
  queue_ = std::move(*MessageQueue::on(state_));
  add("4");
  EXPECT_EQ(next(200, 1), "1+2") << "the same messages with the same id";
  EXPECT_EQ(batch_.number, number);
  EXPECT_TRUE(queue_->finish(batch_, true));
  EXPECT_EQ(next(200, 1), "4");
}

TEST_F(Queue, AFailedBatchWaits) {
  add("1");
  EXPECT_EQ(next(105), "1");
  EXPECT_TRUE(queue_->postpone(batch_, 2, at(300)));
  EXPECT_EQ(next(299), "-");
  EXPECT_EQ(soonest_, at(300));
  EXPECT_EQ(next(300), "1");
  EXPECT_EQ(batch_.attempts, 1);
  EXPECT_EQ(batch_.parts, 2U);
}

TEST_F(Queue, CountsWhatIsNotHandled) {
  for (const char* id : {"1", "2"}) add(id);
  add("s", MessageKind::Start);
  EXPECT_EQ(*queue_->waiting(channel_), 3U);
  EXPECT_EQ(next(200, 1), "s");
  EXPECT_EQ(*queue_->waiting(channel_), 3U) << "it is not delivered yet";
  EXPECT_TRUE(queue_->finish(batch_, true));
  EXPECT_EQ(next(200, 1), "1+1");
  EXPECT_TRUE(queue_->postpone(batch_, 0, at(300)));
  EXPECT_EQ(*queue_->waiting(channel_), 2U);
  channel_.messages = 1U << static_cast<unsigned>(MessageKind::Start);
  EXPECT_EQ(*queue_->waiting(channel_), 0U) << "the channel does not select changes";
  channel_.messages = 0xF;
  EXPECT_EQ(next(300, 1), "1+1");
  EXPECT_TRUE(queue_->finish(batch_, false));
  EXPECT_EQ(*queue_->waiting(channel_), 0U) << "given up";
  channel_.name = "b";
  EXPECT_EQ(*queue_->waiting(channel_), 3U);
  channel_.name = "c";
  EXPECT_EQ(*queue_->waiting(channel_), 0U);
}

TEST_F(Queue, EachChannelHasItsOwn) {
  add("1");
  EXPECT_EQ(next(105), "1");
  EXPECT_TRUE(queue_->finish(batch_, true));
  channel_.name = "b";
  EXPECT_EQ(next(105), "1");
  channel_.name = "c";
  EXPECT_EQ(next(105), "-") << "a channel that is not known has no messages";
  EXPECT_TRUE(add_channels(state_, {"c"}));
  EXPECT_EQ(next(105), "-") << "a new channel gets nothing old";
  add("2");
  EXPECT_EQ(next(105), "2");
}

TEST_F(Queue, ChannelsSelect) {
  add("1");
  add("s", MessageKind::Start);
  channel_.messages = 1U << static_cast<unsigned>(MessageKind::Start);
  EXPECT_EQ(next(100), "s") << "only changes wait for others";
  EXPECT_TRUE(queue_->finish(batch_, true));
  EXPECT_EQ(next(200), "-");
  channel_.name = "b";
  channel_.messages = 0xF;
  channel_.hosts = {*Cidr::parse("198.51.100.0/24")};
  add("g", MessageKind::Gap);
  EXPECT_EQ(next(200), "s");
}

TEST_F(Queue, ABatchThatIsDueInAFarFutureWasStoredByAWrongClock) {
  add("1");
  EXPECT_EQ(next(105), "1");
  EXPECT_TRUE(queue_->postpone(batch_, 0, at(106 + 86'400)));
  EXPECT_EQ(next(106), "-") << "a server may demand a day";
  EXPECT_EQ(next(105), "1");
  EXPECT_TRUE(queue_->postpone(batch_, 0, at(300)));
  EXPECT_EQ(next(106), "-");
  EXPECT_EQ(next(106, 5, {}, true), "1") << "the caller knows that it is due";
}

TEST_F(Queue, AChangeThatWasQueuedInTheFutureIsSentAtOnce) {
  add("1", MessageKind::Change, 1000);
  EXPECT_EQ(next(200), "1");
}

TEST_F(Queue, GivesUpEachMessageThatIsTooOld) {
  add("1", MessageKind::Change, 100);
  EXPECT_EQ(next(105), "1");
  EXPECT_TRUE(queue_->postpone(batch_, 0, at(106)));
  for (const char* id : {"2", "3"}) add(id, MessageKind::Change, 110);
  for (const char* id : {"4", "5"}) add(id, MessageKind::Change, 200);
  EXPECT_EQ(next(300, 1, {.oldest = at(150)}), "4+1") << "those that are fresh";
  EXPECT_EQ(given_up_, 3U);
  EXPECT_EQ(*queue_->waiting(channel_), 2U);
}

TEST_F(Queue, GivesUpABatchWhenItsLastMessageIsTooOld) {
  for (const int second : {100, 101}) add(std::to_string(second), MessageKind::Change, second);
  EXPECT_EQ(next(105, 1), "100+1");
  EXPECT_EQ(next(106, 1, {.last_expired = 1}), "100+1") << "the same messages with the same id";
  EXPECT_EQ(next(106, 1, {.last_expired = 2}), "-");
  EXPECT_EQ(given_up_, 2U);
}

TEST_F(Queue, LooksAgainAtOnceAfterMessagesThatAreNotSent) {
  for (int i = 0; i < 1001; ++i) add(std::to_string(i), MessageKind::Change, i < 1000 ? 100 : 200);
  EXPECT_EQ(next(205, 5, {.oldest = at(150)}), "-");
  EXPECT_EQ(given_up_, 1000U);
  EXPECT_EQ(soonest_, at(205));
  EXPECT_EQ(next(205, 5, {.oldest = at(150)}), "1000");
}

TEST_F(Queue, HasAnEnd) {
  ASSERT_TRUE(state_.execute("BEGIN"));
  for (std::int64_t i = 0; i < kMaxQueuedMessages; ++i) add(std::to_string(i));
  ASSERT_TRUE(state_.execute("COMMIT"));
  EXPECT_FALSE(*enqueue(state_, message("more"), at(100), room_));
  EXPECT_FALSE(has_room());
  EXPECT_TRUE(has_room(MessageKind::Digest)) << "it reports what was dropped";
  EXPECT_TRUE(queue_->prune({channel_}));
  EXPECT_EQ(rows("messages"), kMaxQueuedMessages) << "nothing was handled";
  for (int i = 0; i < 20; ++i) {
    ASSERT_NE(next(200, 1), "-");
    ASSERT_TRUE(queue_->finish(batch_, true));
  }
  EXPECT_EQ(next(200, 1), "-");
  EXPECT_FALSE(has_room()) << "the other channel has handled nothing";
  const std::vector<std::string> first{"a"};
  EXPECT_TRUE(*QueueRoom(state_, first).take(MessageKind::Change)) << "handled ones take no room";
  EXPECT_TRUE(queue_->prune({channel_}));
  EXPECT_EQ(rows("messages"), 1000) << "the latest ids stay known";
  EXPECT_EQ(rows("deliveries"), 1000);
  EXPECT_EQ(rows("batches"), 1);
}

}  // namespace
}  // namespace synfin
