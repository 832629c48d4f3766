// The configuration file of a port scanner becomes one of synfin that says the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "notify/channel.h"
#include "synfin/notify/commands.h"

namespace synfin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kOld = R"([General]
output_dir = ./out
log_level = DEBUG

[Scan]
ip_list_file = unique_ips.txt
scan_interval_minutes = 240
scan_delay = 0.5s
ports = 1-1000,3306-3310

[Notification]
enabled = true
individual_ip_alerts = true
send_scan_start_alerts = false

[Email]
enabled = true
smtp_server = smtp.example.net
smtp_port = 587
smtp_user = user
smtp_password = pass#word
use_tls = true
sender_email = alerts@example.net
recipient_emails = a@example.net,b@example.net
subject_prefix = [Port Monitor]

[Slack]
enabled = false
webhook_url = https://hooks.slack.com/services/A/B/C

[Telegram]
Enabled = true
bot_token = 123:abc
chat_id = -100123
max_retries = 3
)";

/// The lines of the sections about notifications.
std::string notify_lines(const std::string& text) {
  SecretText secret(text);
  SecretText store;
  (void)split_config(secret, store);
  return std::string(secret.view());
}

TEST(PortMonitorImport, KeepsWhatTheFileSays) {
  const auto imported = import_port_monitor(kOld, "port_monitor.conf");
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->not_understood, ElementsAre());
  for (const char* line : {"state = ./out/synfin.db", "digest-interval = 240m", "verbose = true",
                           "watch-file = unique_ips.txt.watch", "log-file = ./out/synfin.log"})
    EXPECT_THAT(imported->text, HasSubstr(line));
  const auto settings = parse_notify(notify_lines(imported->text), "f", false);
  ASSERT_TRUE(settings) << settings.error().message << imported->text;
  ASSERT_EQ(settings->channels.size(), 3U);
  const Channel& mail = settings->channels[0];
  EXPECT_EQ(mail.server, "smtp.example.net");
  EXPECT_EQ(mail.password, "pass#word");
  EXPECT_EQ(mail.to, (std::vector<std::string>{"a@example.net", "b@example.net"}));
  EXPECT_EQ(mail.subject_prefix, "[Port Monitor]");
  EXPECT_TRUE(mail.enabled);
  EXPECT_TRUE(mail.selects(MessageKind::Change));
  EXPECT_FALSE(mail.selects(MessageKind::Start));
  EXPECT_FALSE(settings->channels[1].enabled);
  EXPECT_EQ(settings->channels[2].token, "123:abc");
  EXPECT_TRUE(settings->channels[2].enabled) << "keys are found in any case";
}

TEST(PortMonitorImport, NothingIsDroppedSilently) {
  const auto imported = import_port_monitor(
      "[Scan]\nmax_rate = 5\n[Email]\nreply_to = x@example.net\n[Pager]\nnumber = 1\n", "f");
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->not_understood, ElementsAre(HasSubstr("f:4: the key reply-to in [Email]"),
                                                    HasSubstr("f:6: the key number in [Pager]")));
  EXPECT_THAT(imported->text, HasSubstr("# f:2: max-rate has no counterpart"));
}

TEST(PortMonitorImport, OneSwitchTurnsAllOff) {
  const auto imported = import_port_monitor(
      "[Notification]\nenabled: false\n[Slack]\nenabled = true\nwebhook_url = https://h/x\n", "f");
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->text, HasSubstr("enabled = false"));
}

}  // namespace
}  // namespace synfin
