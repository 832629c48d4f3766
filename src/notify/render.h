/// \file
/// Renders a message for a channel: pure functions, one for each medium. All texts of a message are
/// hostile and are escaped here. Tested in tests/unit/notify/render_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "notify/channel.h"
#include "notify/message.h"

namespace synfin {

/// One request over HTTP, or one mail.
struct Outgoing {
  std::string url;
  std::vector<std::string> headers;  ///< HTTP: "Name: value"
  std::string body;                  ///< mail: header fields and content (RFC 5322)
};

/// One or more requests, to be sent in this order. `now` is the time of sending.
std::vector<Outgoing> render(const Message& message, const Channel& channel, Timestamp now);

std::string render_slack(const Message& message, const Channel& channel);
std::string render_teams(const Message& message, const Channel& channel);
/// The texts of the messages: each at most 4 096 UTF-16 units, with whole tags and entities.
std::vector<std::string> render_telegram(const Message& message, const Channel& channel);
std::string render_ntfy(const Message& message, const Channel& channel, std::string_view topic);
std::string render_webhook(const Message& message, const Channel& channel);
/// RFC 5322, RFC 2045, RFC 2046 §5.1.4: a text and an HTML part.
std::string render_email(const Message& message, const Channel& channel, Timestamp now);

/// For Slack's mrkdwn: & < > as entities, and its signs for bold, italic, strike and code replaced.
std::string mrkdwn_escaped(std::string_view text);
/// For a header field of a mail: encoded words (RFC 2047) unless all is printable ASCII. The result
/// holds no line end but those of folding.
std::string header_text(std::string_view text);
/// "sha256=" and the hexadecimal HMAC-SHA-256 (RFC 2104) of "TIMESTAMP.BODY".
std::string webhook_signature(std::string_view secret, std::string_view timestamp,
                              std::string_view body);
std::string base64(std::string_view bytes);

}  // namespace synfin
