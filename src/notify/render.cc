// The media that take JSON. Telegram and mail are in files of their own. See render.h.
#include "notify/render.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <new>

#include "notify/message_text.h"
#include "synfin/report/json_writer.h"

namespace synfin {
namespace {

using Layout = JsonWriter::Layout;

void plain_text(JsonWriter& json, std::string_view text) {
  json.begin_object();
  json.member("type", "plain_text");
  json.member("text", text);
  json.member("emoji", false);
  json.end_object();
}

/// A paragraph of a card. Its runs are not interpreted as Markdown, unlike a TextBlock.
void card_paragraph(JsonWriter& json, std::string_view bold, std::string_view text) {
  json.begin_object();
  json.member("type", "RichTextBlock");
  json.key("inlines").begin_array();
  for (const auto& [run, heavy] : {std::pair{bold, true}, {text, false}}) {
    if (run.empty()) continue;
    json.begin_object();
    json.member("type", "TextRun");
    json.member("text", run);
    if (heavy) json.member("weight", "Bolder");
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

std::string json_header() { return "Content-Type: application/json"; }

/// "https://host/a/topic" as the address of the server and the topic.
std::pair<std::string, std::string> split_topic(const std::string& url) {
  const std::size_t slash = url.rfind('/');
  return {url.substr(0, slash + 1), url.substr(slash + 1)};
}

std::vector<Outgoing> ntfy_requests(const Message& message, const Channel& channel) {
  const auto [server, topic] = split_topic(channel.url);
  std::vector<std::string> headers{json_header()};
  if (!channel.token.empty()) headers.push_back("Authorization: Bearer " + channel.token);
  if (!channel.user.empty()) {
    headers.push_back("Authorization: Basic " + base64(channel.user + ":" + channel.password));
  }
  return {{server, std::move(headers), render_ntfy(message, channel, topic)}};
}

std::vector<Outgoing> telegram_requests(const Message& message, const Channel& channel) {
  std::vector<Outgoing> requests;
  for (const std::string& text : render_telegram(message, channel)) {
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.member("chat_id", std::string_view(channel.chat_id));
    json.member("text", std::string_view(text));
    json.member("parse_mode", "HTML");
    json.member("disable_web_page_preview", true);
    json.end_object();
    requests.push_back({fmt::format("{}/bot{}/sendMessage", channel.url, channel.token),
                        {json_header()},
                        std::move(body)});
  }
  return requests;
}

std::vector<Outgoing> webhook_requests(const Message& message, const Channel& channel,
                                       Timestamp now) {
  std::string body = render_webhook(message, channel);
  const std::string seconds = std::to_string(to_ns(now) / 1'000'000'000);
  std::vector<std::string> headers{json_header(), "X-Synfin-Id: " + plain(message.id, 100),
                                   "X-Synfin-Timestamp: " + seconds};
  if (!channel.secret.empty()) {
    headers.push_back("X-Synfin-Signature: " + webhook_signature(channel.secret, seconds, body));
  }
  return {{channel.url, std::move(headers), std::move(body)}};
}

}  // namespace

std::string mrkdwn_escaped(std::string_view text) {
  std::string out;
  for (const char c : plain(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '*':
        out += "∗";  // an operator that only looks like the sign for bold
        break;
      case '_':
        out += "＿";
        break;
      case '~':
        out += "∼";
        break;
      case '`':
        out += "ˋ";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string webhook_signature(std::string_view secret, std::string_view timestamp,
                              std::string_view body) {
  const std::string text = fmt::format("{}.{}", timestamp, body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           &size) == nullptr)
    throw std::bad_alloc();
  std::string out = "sha256=";
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

/// Block Kit. A header has at most 150 characters, a section 10 fields and 3 000 characters. The
/// blocks are plain text; only the summary, which a notification shows, is mrkdwn.
std::string render_slack(const Message& message, const Channel& channel) {
  const std::string title = full_title(message, channel);
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.member("text", std::string_view(mrkdwn_escaped(title)));
  json.key("blocks").begin_array();
  json.begin_object();
  json.member("type", "header");
  json.key("text");
  plain_text(json, clipped(title, 140));
  json.end_object();
  std::string facts, list;
  for (const LabelledText& fact : labelled_facts(message))
    facts += fmt::format("{}{}: {}", facts.empty() ? "" : "\n", fact.label, fact.text);
  for (const std::string& line : lines_within(message, 2600, 4)) list += "• " + line + "\n";
  for (const std::string& text : {clipped(facts, 2900), list}) {
    if (text.empty()) continue;
    json.begin_object();
    json.member("type", "section");
    json.key("text");
    plain_text(json, text);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return body;
}

/// A message with an Adaptive Card, at most 28 KiB, as the workflow "When a Teams webhook request
/// is received" takes it.
std::string render_teams(const Message& message, const Channel& channel) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.member("type", "message");
  json.key("attachments").begin_array();
  json.begin_object();
  json.member("contentType", "application/vnd.microsoft.card.adaptive");
  json.key("content").begin_object();
  json.member("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
  json.member("type", "AdaptiveCard");
  json.member("version", "1.4");
  json.key("body").begin_array();
  card_paragraph(json, full_title(message, channel), {});
  for (const LabelledText& fact : labelled_facts(message))
    card_paragraph(json, fact.label + ": ", fact.text);
  for (const std::string& line : lines_within(message, 12'000, 80))
    card_paragraph(json, {}, "• " + line);
  json.end_array();
  json.end_object();
  json.end_object();
  json.end_array();
  json.end_object();
  return body;
}

/// A message has at most 4 096 bytes; a longer one would become an attachment.
std::string render_ntfy(const Message& message, const Channel& channel, std::string_view topic) {
  std::string text;
  for (const LabelledText& fact : labelled_facts(message)) {
    if (text.size() + fact.text.size() > 2000) break;
    text += fmt::format("{}: {}\n", fact.label, fact.text);
  }
  for (const std::string& line : lines_within(message, 3900 - text.size(), 5))
    text += "• " + line + "\n";
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.member("topic", topic);
  json.member("title", std::string_view(clipped(full_title(message, channel), 240)));
  json.member("message", std::string_view(text));
  json.member("priority", std::uint64_t{message.kind == MessageKind::Gap ? 4U : 3U});
  json.end_object();
  return body;
}

std::string render_webhook(const Message& message, const Channel& channel) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.member("id", std::string_view(message.id));
  json.member("kind", to_string(message.kind));
  json.member("time", std::string_view(format_rfc3339(message.time)));
  json.member("sensor", std::string_view(channel.sensor));
  if (!message.change.empty()) json.member("change", std::string_view(message.change));
  if (!message.host.empty()) json.member("host", std::string_view(message.host));
  json.member("title", std::string_view(message.title));
  json.key("facts").begin_object();
  for (const MessageFact& fact : message.facts)
    json.text_key(plain(fact.key, 100)).value(std::string_view(fact.value));
  json.end_object();
  json.key("lines").begin_array();
  for (const std::string& line : message.lines) json.value(std::string_view(line));
  json.end_array();
  json.member("more_lines", std::uint64_t{message.more_lines});
  json.end_object();
  return body;
}

std::vector<Outgoing> render(const Message& message, const Channel& channel, Timestamp now) {
  switch (channel.kind) {
    case ChannelKind::Email:
      return {{{}, {}, render_email(message, channel, now)}};
    case ChannelKind::Slack:
      return {{channel.url, {json_header()}, render_slack(message, channel)}};
    case ChannelKind::Teams:
      return {{channel.url, {json_header()}, render_teams(message, channel)}};
    case ChannelKind::Telegram:
      return telegram_requests(message, channel);
    case ChannelKind::Ntfy:
      return ntfy_requests(message, channel);
    case ChannelKind::Webhook:
      return webhook_requests(message, channel, now);
  }
  return {};
}

}  // namespace synfin
