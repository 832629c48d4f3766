// The notifier's start: what it refuses, and that secrets do not stay. Deliveries are in
// tests/check/notify.py.
#include "synfin/notify/notifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "synfin/inventory/database.h"

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
  (*notifier)->finish();
}

}  // namespace
}  // namespace synfin
