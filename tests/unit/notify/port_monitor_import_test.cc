// The configuration file of a port scanner becomes one of synfin that says the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "notify/channel.h"
#include "synfin/inventory/watch_list.h"
#include "synfin/notify/commands.h"

namespace synfin {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
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

/// Reads the one file of addresses that exists.
Result<std::string> addresses(const std::string& path) {
  if (path == "unique_ips.txt") return std::string("192.0.2.1  # web\n\n2001:db8::/64\r\n");
  return Error{"cannot read " + path};
}

Result<ImportedConfig> import(const char* text, const std::string& path,
                              const std::string& watch_file = "watched") {
  return import_port_monitor(text, path, watch_file, addresses);
}

/// The lines of the sections about notifications.
std::string notify_lines(const std::string& text) {
  SecretText secret(text);
  SecretText store;
  (void)split_config(secret, store);
  return std::string(secret.view());
}

TEST(PortMonitorImport, KeepsWhatTheFileSays) {
  const auto imported = import(kOld, "port_monitor.conf");
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->not_understood, ElementsAre());
  for (const char* line : {"state = ./out/synfin.db", "digest-interval = 240m", "verbose = true",
                           "watch-file = watched", "log-file = ./out/synfin.log"})
    EXPECT_THAT(imported->text, HasSubstr(line));
  EXPECT_THAT(imported->watched,
              EndsWith("\n192.0.2.1 1-1000,3306-3310\n2001:db8::/64 1-1000,3306-3310\n"));
  EXPECT_TRUE(WatchList::parse(imported->watched, "watched"));
  EXPECT_EQ(imported->folder, "./out");
  const std::string lines = notify_lines(imported->text);
  const auto settings = parse_notify({lines, "f"});
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

TEST(PortMonitorImport, RepeatsNoLineThatMayBeASecret) {
  const auto imported = import("[Email]\npassword hunter2\n", "f");
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->not_understood, ElementsAre("f:2: a line in [Email] is not understood"));
}

TEST(PortMonitorImport, NothingIsDroppedSilently) {
  const auto imported =
      import("[Scan]\nmax_rate = 5\n[Email]\nreply_to = x@example.net\n[Pager]\nnumber = 1\n", "f");
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->not_understood, ElementsAre(HasSubstr("f:4: the key reply-to in [Email]"),
                                                    HasSubstr("f:6: the key number in [Pager]")));
  EXPECT_THAT(imported->text, HasSubstr("# f:2: max-rate has no counterpart"));
}

TEST(PortMonitorImport, WhatIsWatchedIsNeverLost) {
  const char* const ports = "[Scan]\nports = 22,80\n";
  EXPECT_THAT(import(ports, "f")->watched, EndsWith("\n* 22,80\n"));
  EXPECT_THAT(import(ports, "f", "")->not_understood, ElementsAre(HasSubstr("--watch-file FILE")));
  EXPECT_THAT(import("[Scan]\nip_list_file = none.txt\n", "f")->not_understood,
              ElementsAre("f: cannot read none.txt"));
  const auto names =
      import_port_monitor("[Scan]\nip_list_file = l\n", "f", "w", [](const std::string&) {
        return Result<std::string>("# all\nwww.example.net\n192.0.2.9\n");
      });
  EXPECT_THAT(names->not_understood, ElementsAre(HasSubstr("l:2: 'www.example.net'")));
  EXPECT_THAT(names->watched, EndsWith("\n192.0.2.9\n"));
}

TEST(PortMonitorImport, OneSwitchTurnsAllOff) {
  const auto imported = import(
      "[Notification]\nenabled: false\n[Slack]\nenabled = true\nwebhook_url = https://h/x\n", "f");
  ASSERT_TRUE(imported);
  EXPECT_THAT(imported->text, HasSubstr("enabled = false"));
}

}  // namespace
}  // namespace synfin
