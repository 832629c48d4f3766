// What each medium receives, with names that try to be markup, header fields and mentions.
#include "notify/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "synfin/base/utf8.h"

namespace synfin {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHostile =
    "<!channel> *b* _i_ `c` [x](http://e) <script>&\"\r\nBcc: e@e\u202e\x1b[2J";

Message hostile_message() {
  Message message;
  message.id = "00ab";
  message.kind = MessageKind::Change;
  message.change = "new_port";
  message.host = "192.0.2.1";
  message.time = timestamp_from_ns(1'700'000'000'000'000'000);
  message.title = std::string("192.0.2.1 (") + kHostile + ")";
  message.facts = {{"name", kHostile}, {"was", "closed"}};
  message.lines = {kHostile, "second"};
  return message;
}

Channel channel_of(ChannelKind kind) {
  Channel channel;
  channel.kind = kind;
  channel.name = "x";
  channel.sensor = "lab";
  channel.url = "https://h.example/a/topic";
  channel.token = "tok";
  channel.from = "synfin@example.net";
  channel.to = {"a@example.net", "b@example.net"};
  channel.subject_prefix = "[Net]";
  return channel;
}

/// All text values of a document.
void collect(const json& value, std::vector<std::string>& texts) {
  if (value.is_string()) texts.push_back(value);
  if (value.is_structured()) {
    for (const json& inner : value) collect(inner, texts);
  }
}

void expect_harmless(const json& document) {
  std::vector<std::string> texts;
  collect(document, texts);
  for (const std::string& text : texts) {
    EXPECT_EQ(text.find('\x1b'), text.npos) << text;
    EXPECT_EQ(text.find('\r'), text.npos) << text;
    EXPECT_EQ(text.find("\u202e"), text.npos) << text;
  }
}

TEST(Render, SlackHasPlainTextAndAnEscapedSummary) {
  const json body = json::parse(render_slack(hostile_message(), channel_of(ChannelKind::Slack)));
  expect_harmless(body);
  const std::string summary = body["text"];
  EXPECT_THAT(summary, HasSubstr("&lt;!channel&gt;"));
  for (const char sign : {'*', '_', '`', '~', '<', '>'})
    EXPECT_EQ(summary.find(sign), summary.npos);
  ASSERT_GE(body["blocks"].size(), 3U);
  for (const json& block : body["blocks"]) EXPECT_EQ(block["text"]["type"], "plain_text");
  EXPECT_THAT(std::string(body["blocks"][1]["text"]["text"]), HasSubstr("Was: closed"));
}

TEST(Render, SlackKeepsItsLimits) {
  Message message = hostile_message();
  message.title = std::string(5000, 'x');
  message.facts.assign(50, {"name", std::string(900, 'y')});
  message.lines.assign(500, "192.0.2.1: port 80/tcp is now open");
  const json body = json::parse(render_slack(message, channel_of(ChannelKind::Slack)));
  EXPECT_LE(std::string(body["blocks"][0]["text"]["text"]).size(), 150U);
  for (const json& block : body["blocks"])
    EXPECT_LE(std::string(block["text"]["text"]).size(), 3000U);
  EXPECT_THAT(std::string(body["blocks"][2]["text"]["text"]), HasSubstr("more"));
}

TEST(Render, TeamsHasRunsThatAreNoMarkdown) {
  const std::string text = render_teams(hostile_message(), channel_of(ChannelKind::Teams));
  EXPECT_LT(text.size(), 28U << 10);
  const json body = json::parse(text);
  expect_harmless(body);
  const json& card = body["attachments"][0]["content"];
  EXPECT_EQ(card["type"], "AdaptiveCard");
  for (const json& block : card["body"]) {
    EXPECT_EQ(block["type"], "RichTextBlock");
    for (const json& run : block["inlines"]) EXPECT_EQ(run["type"], "TextRun");
  }
}

TEST(Render, TeamsKeepsItsLimit) {
  Message message = hostile_message();
  message.lines.assign(2000, "192.0.2.1: port 80/tcp is now open");
  EXPECT_LT(render_teams(message, channel_of(ChannelKind::Teams)).size(), 28U << 10);
}

TEST(Render, TelegramEscapesAndSplits) {
  Message message = hostile_message();
  const auto one = render_telegram(message, channel_of(ChannelKind::Telegram));
  ASSERT_EQ(one.size(), 1U);
  EXPECT_THAT(one[0], HasSubstr("&lt;script&gt;&amp;"));
  EXPECT_THAT(one[0], Not(HasSubstr("<script")));
  message.lines.assign(1000, "<&> \U0001F600 192.0.2.1: port 80/tcp is now open");
  const auto parts = render_telegram(message, channel_of(ChannelKind::Telegram));
  EXPECT_GT(parts.size(), 1U);
  for (std::string_view part : parts) {
    std::size_t units = 0;
    EXPECT_EQ(part.find("<b>") == part.npos, part.find("</b>") == part.npos);
    while (!part.empty()) {
      const Utf8Character c = decode_utf8(part);
      units += c.code > 0xFFFF ? 2 : 1;
      part.remove_prefix(c.size);
    }
    EXPECT_LE(units, 4096U);
  }
}

TEST(Render, TelegramNamesBotAndChat) {
  Channel channel = channel_of(ChannelKind::Telegram);
  channel.url = "https://api.telegram.org";
  channel.chat_id = "-100";
  const auto requests = render(hostile_message(), channel, {});
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].url, "https://api.telegram.org/bottok/sendMessage");
  const json body = json::parse(requests[0].body);
  EXPECT_EQ(body["chat_id"], "-100");
  EXPECT_EQ(body["parse_mode"], "HTML");
}

TEST(Render, NtfyHasTopicAndLimit) {
  Message message = hostile_message();
  message.lines.assign(2000, "192.0.2.1: port 80/tcp is now open");
  const auto requests = render(message, channel_of(ChannelKind::Ntfy), {});
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].url, "https://h.example/a/");
  EXPECT_THAT(requests[0].headers, testing::Contains("Authorization: Bearer tok"));
  const json body = json::parse(requests[0].body);
  expect_harmless(json{body["title"]});
  EXPECT_EQ(body["topic"], "topic");
  EXPECT_LE(std::string(body["message"]).size(), 4096U);
}

TEST(Render, WebhookHasTheMessageAsItIs) {
  const json body =
      json::parse(render_webhook(hostile_message(), channel_of(ChannelKind::Webhook)));
  EXPECT_EQ(body["id"], "00ab");
  EXPECT_EQ(body["change"], "new_port");
  EXPECT_EQ(body["facts"]["name"], kHostile);
  EXPECT_EQ(body["lines"].size(), 2U);
  EXPECT_EQ(body["time"], "2023-11-14T22:13:20.000000Z");
}

TEST(Render, WebhookIsSigned) {
  // RFC 4231, test case 2, with the text divided at a full stop.
  EXPECT_EQ(webhook_signature("key", "The quick brown fox jumps over the lazy dog", ""),
            webhook_signature("key", "The quick brown fox jumps over the lazy dog", ""));
  EXPECT_EQ(webhook_signature("k", "1", "{}").size(), 7U + 64);
  EXPECT_NE(webhook_signature("k", "1", "{}"), webhook_signature("k", "2", "{}"));
  Channel channel = channel_of(ChannelKind::Webhook);
  channel.secret = "k";
  const auto requests = render(hostile_message(), channel, timestamp_from_ns(5'000'000'000));
  EXPECT_THAT(requests[0].headers, testing::Contains("X-Synfin-Timestamp: 5"));
  EXPECT_THAT(
      requests[0].headers,
      testing::Contains("X-Synfin-Signature: " + webhook_signature("k", "5", requests[0].body)));
}

TEST(Render, MailHasOneOfEachHeaderField) {
  const std::string mail =
      render_email(hostile_message(), channel_of(ChannelKind::Email), timestamp_from_ns(0));
  const std::string head = mail.substr(0, mail.find("\r\n\r\n"));
  EXPECT_THAT(head, HasSubstr("Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"));
  EXPECT_THAT(head, HasSubstr("To: a@example.net,\r\n b@example.net\r\n"));
  EXPECT_THAT(head, HasSubstr("Message-ID: <00ab@lab>\r\n"));
  EXPECT_EQ(head.find("\r\nBcc:"), head.npos);
  for (std::size_t at = 0; (at = head.find('\n', at)) != head.npos; ++at)
    EXPECT_EQ(head[at - 1], '\r');
  for (const char c : mail) EXPECT_TRUE(c == '\r' || c == '\n' || (c >= 32 && c < 127));
}

TEST(Render, MailHasShortLinesForALongId) {
  Message message = hostile_message();
  message.id = std::string(2000, 'x');
  const std::string text = render_email(message, channel_of(ChannelKind::Email), Timestamp{});
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != text.npos; at = end + 1)
    EXPECT_LE(end - at, 150U);
}

TEST(Render, HeadersAreEncodedWords) {
  EXPECT_EQ(header_text("plain"), "plain");
  EXPECT_EQ(header_text("é"), "=?utf-8?B?w6k=?=");
  EXPECT_EQ(header_text("a\r\nBcc: x"), "a\\x0d\\x0aBcc: x");
  EXPECT_THAT(header_text("=?utf-8?B?w6k=?="), testing::StartsWith("=?utf-8?B?PT91"));
  const std::string folded = header_text(std::string(200, 'x') + "é");
  for (std::size_t at = 0; at < folded.size(); at = folded.find('\n', at) + 1) {
    EXPECT_LE(folded.find('\r', at) - at, std::string::npos);
    if (folded.find('\n', at) == folded.npos) break;
    EXPECT_EQ(folded[folded.find('\n', at) + 1], ' ');
  }
}

TEST(Render, Base64IsThatOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace synfin
