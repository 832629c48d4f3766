// The time between attempts, the age of messages, and clocks that are set. tests/check/notify.py
// has the deliveries themselves.
#include "notify/courier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace synfin {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(RetryDelay, DoublesUpToAnHour) {
  EXPECT_EQ(retry_delay(0, 1, seconds{5}), seconds{5});
  EXPECT_EQ(retry_delay(3, 1, seconds{5}), seconds{40});
  EXPECT_EQ(retry_delay(20, 1, seconds{5}), hours{1});
  EXPECT_EQ(retry_delay(INT64_MAX, 1, seconds{5}), hours{1});
}

TEST(RetryDelay, IsRandomWithinItsUpperHalf) {
  EXPECT_EQ(retry_delay(1, 0, seconds{4}), seconds{4});
  EXPECT_EQ(retry_delay(1, 0.5, seconds{4}), seconds{6});
}

TEST(MessageAges, FollowTheSteadyClock) {
  const auto at = [](int second) { return Timestamp{} + seconds{second}; };
  MessageAges ages;
  ages.note(at(1000), 7, seconds{160});
  ages.note(at(1005), 8, seconds{160});
  ages.note(at(1010), 9, seconds{160});
  ages.note(at(1160), 20, seconds{160});
  EXPECT_EQ(ages.last_expired(), 0);
  ages.note(at(1161), 20, seconds{160});
  EXPECT_EQ(ages.last_expired(), 7);
  ages.note(at(1171), 20, seconds{160});
  EXPECT_EQ(ages.last_expired(), 9);
}

TEST(Courier, WithoutAStateFileNothingIsDue) {
  NotifySettings settings;
  settings.channels.emplace_back();
  Courier courier(settings, "/nonexistent/net.db",
                  [](Courier::Level, const std::string& sentence) { ADD_FAILURE() << sentence; });
  EXPECT_EQ(courier.work(-1, {}), 0U);
  EXPECT_TRUE(courier.idle());
}

/// A courier whose only server refuses connections, and whose clocks the test sets.
class CourierTest : public testing::Test {
 protected:
  CourierTest() {
    std::string pattern = fs::temp_directory_path() / "synfin-courier-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    auto state = Database::open(folder_ + "/net.db", DatabaseAccess::Write);
    EXPECT_TRUE(state) << state.error().message;
    state_.emplace(std::move(*state));
    settings_.group_delay = {};
    settings_.max_age = hours{2};
    Channel& channel = settings_.channels.emplace_back();
    channel.name = "hook";
    channel.messages = 0xF;
    channel.plain_http = true;
    channel.url = "http://127.0.0.1:1/";
    EXPECT_TRUE(add_channels(*state_, names_));
  }
  ~CourierTest() override { fs::remove_all(folder_); }

  void start() {
    courier_.emplace(
        settings_, folder_ + "/net.db",
        [this](Courier::Level, const std::string& sentence) { reports_.push_back(sentence); },
        Clocks{.wall = [this] { return wall_; }, .steady = [this] { return steady_; }});
    courier_->work(-1, {});
  }
  void add(const std::string& id, MessageKind kind = MessageKind::Change) {
    Message message;
    message.id = id;
    message.kind = kind;
    QueueRoom room(*state_, names_);
    EXPECT_TRUE(*enqueue(*state_, message, wall_, room));
  }
  void pass(Duration time) {
    wall_ += time;
    steady_ += time;
  }
  /// Works until nothing is under way. Returns how many attempts have failed since the start.
  std::uint64_t work() {
    do {
      courier_->work(-1, std::chrono::milliseconds{20});
    } while (!courier_->idle());
    return courier_->counts().failed;
  }
  std::int64_t messages() {
    auto count = state_->prepare("SELECT count(*) FROM messages");
    EXPECT_TRUE(*count->step());
    return count->integer(0);
  }

  const std::vector<std::string> names_{"hook"};
  std::string folder_;
  std::optional<Database> state_;
  NotifySettings settings_;
  std::optional<Courier> courier_;
  std::vector<std::string> reports_;
  Timestamp wall_ = Timestamp{} + hours{24 * 365 * 50};
  Timestamp steady_ = Timestamp{} + hours{1};
};

TEST_F(CourierTest, RemovesHandledMessagesDuringARun) {
  settings_.channels[0].messages = 1U << static_cast<unsigned>(MessageKind::Start);
  start();
  ASSERT_TRUE(state_->execute("BEGIN"));
  for (int i = 0; i < 1500; ++i) add(std::to_string(i));
  ASSERT_TRUE(state_->execute("COMMIT"));
  for (int i = 0; i < 3; ++i) work();
  EXPECT_EQ(messages(), 1500);
  pass(minutes{10});
  work();
  EXPECT_EQ(messages(), 1000) << "the latest ids stay known";
}

TEST_F(CourierTest, AClockThatIsSetBackDelaysNoAttempt) {
  start();
  add("1");
  EXPECT_EQ(work(), 1U);
  pass(seconds{1});
  EXPECT_EQ(work(), 1U) << "it waits after a failure";
  wall_ -= hours{20};
  pass(seconds{10});
  EXPECT_EQ(work(), 2U);
}

TEST_F(CourierTest, AClockThatIsSetAheadMakesNoMessageOld) {
  start();
  add("1");
  EXPECT_EQ(work(), 1U);
  wall_ += hours{240};
  pass(minutes{8});
  EXPECT_EQ(work(), 2U);
  pass(minutes{111});
  EXPECT_EQ(work(), 3U);
  pass(minutes{10});
  EXPECT_EQ(work(), 3U);
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("synfin tries again"),
                                    HasSubstr("is given up, because it is too old")));
}

TEST_F(CourierTest, WhatEarlierRunsQueuedIsOldByTheWallClock) {
  add("1");
  add("2");
  wall_ += hours{3};
  add("3");
  wall_ += seconds{1};
  start();
  EXPECT_EQ(work(), 1U) << "of the message that is not old";
  EXPECT_THAT(reports_, ElementsAre(HasSubstr(": 2 messages, the first of "),
                                    HasSubstr("synfin tries again")));
}

}  // namespace
}  // namespace synfin
