// The notifier's start: what it refuses, and that secrets do not stay. Deliveries are in
// tests/check/notify.py.
#include "synfin/notify/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "notify/message_queue.h"
#include "synfin/inventory/database.h"
#include "synfin/notify/commands.h"

namespace synfin {
namespace {

ConfigFile config_of(const std::string& text) {
  ConfigFile config;
  config.path = "a.conf";
  config.notify = SecretText(text);
  return config;
}

constexpr const char* kHook =
    "[notify.hook]\nkind = webhook\nurl = https://192.0.2.1/x\nmessages = change\n";

TEST(Notifier, WithoutLinesThereIsNone) {
  ConfigFile config = config_of("\n  \n");
  const auto notifier = Notifier::start(config, {.state = "", .user = {}});
  ASSERT_TRUE(notifier);
  EXPECT_EQ(*notifier, nullptr);
}

TEST(Notifier, NeedsAStateFile) {
  ConfigFile config = config_of(kHook);
  const auto notifier = Notifier::start(config, {.state = "", .user = {}});
  ASSERT_FALSE(notifier);
  EXPECT_THAT(notifier.error().message, testing::HasSubstr("a.conf: notifications need --state"));
  EXPECT_TRUE(config.notify.empty());
}

TEST(Notifier, ACheckOfTheConfigurationNeedsAStateFileToo) {
  const ConfigFile config = config_of(kHook);
  std::vector<std::string> warnings;
  const auto refused = masked_notify(config, "", warnings);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("a.conf: notifications need --state"));
  EXPECT_TRUE(masked_notify(config, "net.db", warnings));
  EXPECT_TRUE(masked_notify(config_of("\n"), "", warnings));
}

TEST(Notifier, ReportsWhatItsProcessRefuses) {
  ConfigFile config = config_of("[notify.hook]\nkind = webhok\n");
  const auto notifier = Notifier::start(config, {.state = "/nonexistent/net.db", .user = {}});
  ASSERT_FALSE(notifier);
  EXPECT_THAT(notifier.error().message, testing::StartsWith("a.conf:2: kind takes"));
}

TEST(Notifier, StoresAlertsOfTheKindsThatAChannelSelects) {
  ConfigFile config = config_of(kHook);
  auto notifier = Notifier::start(config, {.state = "/nonexistent/net.db", .user = {}});
  ASSERT_TRUE(notifier) << notifier.error().message;
  EXPECT_TRUE(config.notify.empty()) << "the secrets stayed";
  auto state = Database::open(":memory:", DatabaseAccess::Write);
  ASSERT_TRUE(state);
  std::vector<Change> changes(3);
  changes[0].id = "1";
  changes[1].id = "2";
  changes[2].id = "2";
  changes[1].alert = changes[2].alert = true;
  EXPECT_TRUE((*notifier)->on_changes(*state, changes));
  EXPECT_TRUE((*notifier)->on_start(*state, {}));
  (*notifier)->on_commit();
  auto ids = state->prepare("SELECT id FROM messages");
  ASSERT_TRUE(*ids->step());
  EXPECT_EQ(ids->text(0), "2");
  EXPECT_FALSE(*ids->step());
  EXPECT_TRUE((*notifier)->finish());
}

TEST(Notifier, AProcessThatEndsEarlyIsAnError) {
  ConfigFile config = config_of("[notify.hook]\nkind = webhook\nurl = https://192.0.2.1/x\n");
  auto notifier = Notifier::start(config, {.state = "/nonexistent/net.db", .user = {}});
  ASSERT_TRUE(notifier) << notifier.error().message;
  kill((*notifier)->process(), SIGKILL);
  EXPECT_FALSE((*notifier)->finish());
}

/// `n` alerts, the first of which has the id `first`.
std::vector<Change> alerts(int first, int n) {
  std::vector<Change> changes(static_cast<std::size_t>(n));
  for (Change& change : changes) {
    change.id = std::to_string(first++);
    change.alert = true;
  }
  return changes;
}

std::int64_t rows_of(Database& state, const std::string& table) {
  auto counted = state.prepare("SELECT count(*) FROM " + table);
  EXPECT_TRUE(*counted->step());
  return counted->integer(0);
}

TEST(Notifier, ATransactionThatFailsHidesNoChannel) {
  ConfigFile config = config_of(kHook);
  auto notifier = Notifier::start(config, {.state = "/nonexistent/net.db", .user = {}});
  ASSERT_TRUE(notifier) << notifier.error().message;
  auto state = Database::open(":memory:", DatabaseAccess::Write);
  ASSERT_TRUE(state);
  for (const bool again : {false, true}) {
    (*notifier)->on_begin();
    auto transaction = Transaction::begin(*state);
    ASSERT_TRUE((*notifier)->on_changes(*state, alerts(1, 1)));
    if (!again) continue;  // it is rolled back
    ASSERT_TRUE(transaction->commit());
    (*notifier)->on_commit();
  }
  EXPECT_EQ(rows_of(*state, "channels"), 1);
  auto replaced = Database::open(":memory:", DatabaseAccess::Write);
  (*notifier)->on_begin();
  ASSERT_TRUE((*notifier)->on_changes(*replaced, alerts(2, 1)));
  (*notifier)->on_commit();
  EXPECT_EQ(rows_of(*replaced, "channels"), 1) << "the state file was damaged and replaced";
  EXPECT_TRUE((*notifier)->finish());
}

TEST(Notifier, CountsMessagesThatAFullQueueDrops) {
  ConfigFile config = config_of(
      "[notify.hook]\nkind = webhook\nurl = https://192.0.2.1/x\n"
      "messages = change, digest\n");
  auto notifier = Notifier::start(config, {.state = "/nonexistent/net.db", .user = {}});
  ASSERT_TRUE(notifier) << notifier.error().message;
  auto state = Database::open(":memory:", DatabaseAccess::Write);
  ASSERT_TRUE(state);
  ASSERT_TRUE(state->execute("BEGIN"));
  (*notifier)->on_begin();
  ASSERT_TRUE((*notifier)->on_changes(*state, alerts(0, static_cast<int>(kMaxQueuedMessages))));
  (*notifier)->on_commit();
  testing::internal::CaptureStderr();
  for (const bool again : {false, true}) {
    (*notifier)->on_begin();  // the first transaction fails, and is repeated
    ASSERT_TRUE((*notifier)->on_changes(*state, alerts(100'000, 7)));
    if (again) (*notifier)->on_commit();
  }
  const auto digest = [&](const char* id) {
    Digest one;
    one.id = id;
    (*notifier)->on_begin();
    ASSERT_TRUE((*notifier)->on_digest(*state, one));
    (*notifier)->on_commit();
  };
  digest("d1");
  digest("d2");
  EXPECT_TRUE((*notifier)->finish());
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, testing::HasSubstr("20 000 messages wait to be sent"));
  EXPECT_THAT(log, testing::HasSubstr("7 messages were dropped"));
  auto digests = state->prepare(
      "SELECT instr(body, CAST('messages_dropped' AS BLOB)) > 0 FROM messages WHERE id LIKE 'd%' "
      "ORDER BY id");
  ASSERT_TRUE(*digests->step());
  EXPECT_EQ(digests->integer(0), 1);
  ASSERT_TRUE(*digests->step()) << "a digest has room";
  EXPECT_EQ(digests->integer(0), 0) << "each message is reported once";
}

}  // namespace
}  // namespace synfin
