// The sections of notifications: all keys, each mistake, and that no secret is shown.
#include "notify/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "notify/transfers.h"

namespace synfin {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string error_of(const std::string& text) {
  const auto parsed = parse_notify({text, "a.conf"});
  return parsed ? "accepted" : parsed.error().message;
}

constexpr const char* kMail =
    "[notify.mail]\nkind = email\nserver = mail.example.net\nfrom = s@example.net\n"
    "to = a@example.net, b@example.net\nto = c@example.net\nuser = u\npassword = hunter22\n";

TEST(NotifyChannel, HasItsKeys) {
  const std::string lines =
      std::string("[notify]\nname = lab\ninterval = 2m\n") + kMail +
      "messages = change, digest\nhosts = 192.0.2.0/24, 2001:db8::1\nenabled = no\n";
  const auto parsed = parse_notify({lines, "a.conf"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->interval, std::chrono::minutes{2});
  ASSERT_EQ(parsed->channels.size(), 1U);
  const Channel& c = parsed->channels[0];
  EXPECT_EQ(c.name, "mail");
  EXPECT_EQ(c.sensor, "lab");
  EXPECT_EQ(c.port, 587);
  EXPECT_EQ(c.to.size(), 3U);
  EXPECT_FALSE(c.enabled);
  EXPECT_TRUE(c.selects(MessageKind::Digest));
  EXPECT_FALSE(c.selects(MessageKind::Start));
  EXPECT_TRUE(c.selects_host("192.0.2.77"));
  EXPECT_FALSE(c.selects_host("192.0.3.1"));
  EXPECT_TRUE(c.selects_host("")) << "a group is about several hosts";
  const std::string text = masked_text(*parsed);
  for (const char* line : {"hosts = 192.0.2.0/24", "hosts = 2001:db8::1/128", "timeout = 900s",
                           "to = c@example.net", "messages = digest"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(NotifyChannel, AMailServerMayTakeLong) {
  const auto timeout_of = [](const std::string& text) {
    const auto parsed = parse_notify({text, "a.conf"});
    return request_for(parsed->channels[0], {}).timeout;
  };
  EXPECT_EQ(timeout_of(kMail), std::chrono::minutes{15});
  EXPECT_EQ(timeout_of(std::string(kMail) + "timeout = 20s\n"), std::chrono::seconds{20});
  EXPECT_EQ(timeout_of("[notify.x]\nkind = slack\nurl = https://h\n"), std::chrono::seconds{30});
}

TEST(NotifyChannel, MistakesNameTheLineAndNoValue) {
  EXPECT_EQ(error_of("[notify.x]\nkind = slak\n"),
            "a.conf:2: kind takes email, slack, teams, telegram, ntfy or webhook");
  EXPECT_EQ(error_of("[notify.x]\nkind = slack\nurll = https://secret\n"),
            "a.conf:3: unknown key 'urll' in [notify.x]; did you mean url?");
  for (const char* line : {"url https://h/s3cret", "url: https://u:s3cret@h/x", "s3cret"}) {
    EXPECT_EQ(error_of(std::string("[notify.x]\nkind = slack\n") + line + "\n"),
              "a.conf:3: the line is not \"key = value\" with a key of [notify.x]");
  }
  for (const char* server : {"user:s3cret@mail.example", "smtp://user:s3cret@mail.example"}) {
    EXPECT_EQ(error_of(std::string("[notify.m]\nkind = email\nserver = ") + server + "\n"),
              "a.conf:3: server takes the name or address of a host");
  }
  EXPECT_EQ(error_of("[notify.x]\nkind = slack\n"), "a.conf: [notify.x] lacks url or url-file");
  EXPECT_THAT(error_of("[notify.x]\nkind = slack\nurl = ftp://s3cret\n"), Not(HasSubstr("s3cret")));
  EXPECT_THAT(error_of("[notify.x]\nkind = slack\nurl = http://s3cret\n"), HasSubstr("plain-http"));
  EXPECT_THAT(error_of(std::string(kMail) + "tls = none\n"), HasSubstr("without TLS"));
  EXPECT_THAT(error_of(std::string(kMail) + "password = y\n"), HasSubstr("only once"));
  EXPECT_THAT(error_of("[notify]\ninterval = soon\n"), HasSubstr("a.conf:2: interval takes"));
  EXPECT_THAT(error_of("[notify.x]\nkind = slack\nurl = ${SYNFIN_TEST_UNSET}\n"),
              HasSubstr("SYNFIN_TEST_UNSET is not set"));
  EXPECT_THAT(error_of("[notify.x]\nkind = slack\nurl_file = /nonexistent\n"),
              HasSubstr("a.conf:3: url-file: cannot read /nonexistent"));
  for (const char* to : {"a", "a@", "<a@b>", "a@b\tc", "a b@c"})
    EXPECT_THAT(error_of(std::string("[notify.m]\nkind = email\nto = ") + to + "\n"),
                HasSubstr("to takes addresses"));
}

TEST(NotifyChannel, SecretsAreMasked) {
  const std::string lines =
      std::string(kMail) + "[notify.hook]\nkind = webhook\nurl = https://h.example/p4th-secret\n";
  const auto parsed = parse_notify({lines, "a.conf", true});
  ASSERT_TRUE(parsed);
  const std::string text = masked_text(*parsed);
  EXPECT_THAT(text, Not(HasSubstr("hunter22")));
  EXPECT_THAT(text, Not(HasSubstr("p4th")));
  EXPECT_THAT(text, HasSubstr("url = ***"));
  EXPECT_THAT(parsed->warnings, testing::ElementsAre(HasSubstr("every user may read a.conf")));
  EXPECT_EQ(
      without_secrets("POST /p4th-secret of https://h.example/p4th-secret", parsed->channels[1]),
      "POST *** of ***");
}

Channel channel_with(const std::string& url) {
  Channel channel;
  channel.url = url;
  return channel;
}

TEST(NotifyChannel, PartsOfAnAddressAreMasked) {
  const Channel hook = channel_with("https://h.example/hooks/T0123456789?key=abcdef&v=1");
  const std::pair<const char*, const char*> texts[] = {
      {"GET /hooks/T0123456789?key=abcdef&v=1 failed", "GET *** failed"},
      {"GET /hooks/T0123456789 failed", "GET *** failed"},
      {"query key=abcdef&v=1", "query ***"},
      {"key is abcdef, v is 1", "key is ***, v is 1"},
      {"no hook T0123456789 in hooks", "no hook *** in hooks"},
      {R"({"path":"\/hooks\/T0123456789"})", R"({"path":"***"})"},
  };
  for (const auto& [text, masked] : texts) EXPECT_EQ(without_secrets(text, hook), masked);
  EXPECT_EQ(without_secrets("GET /api", channel_with("https://h.example/api")), "GET /api");
}

TEST(NotifyChannel, CredentialsAreMaskedInBase64) {
  Channel channel = channel_with("https://u:hunter22@h.example/t");
  EXPECT_EQ(without_secrets("Basic dTpodW50ZXIyMg==", channel), "Basic ***");
  EXPECT_EQ(without_secrets("hunter22", channel), "***");
  channel = {};
  channel.user = "u";
  channel.password = "hunter22";
  EXPECT_EQ(without_secrets("Basic dTpodW50ZXIyMg==", channel), "Basic ***");
  EXPECT_EQ(without_secrets("AUTH PLAIN AHUAaHVudGVyMjI=", channel), "AUTH PLAIN ***");
}

TEST(NotifyChannel, TheBeginningOfASecretIsMaskedWhereATextIsCut) {
  Channel channel;
  channel.token = "s3cret-token";
  EXPECT_EQ(without_secrets("token s3cret-t", channel, true), "token ***");
  EXPECT_EQ(without_secrets("token s3c", channel, true), "token s3c");
  EXPECT_EQ(without_secrets("token s3cret-t", channel), "token s3cret-t");
}

TEST(NotifyChannel, VariablesAreNoSecretsOfTheFile) {
  setenv("SYNFIN_TEST_URL", "https://h.example/variable", 1);
  const auto parsed =
      parse_notify({"[notify.x]\nkind = slack\nurl = ${SYNFIN_TEST_URL}/y\n", "a.conf", true});
  unsetenv("SYNFIN_TEST_URL");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->channels[0].url, "https://h.example/variable/y");
  EXPECT_TRUE(parsed->warnings.empty());
}

}  // namespace
}  // namespace synfin
