// See transfers.h.
#include "notify/transfers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "notify/message_text.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxShown = 400;  ///< bytes of an answer

/// Telegram states the time in its answer: {"parameters":{"retry_after":35}}.
Duration retry_after_in(std::string_view body) {
  constexpr std::string_view kName = "\"retry_after\":";
  const std::size_t at = body.find(kName);
  if (at == body.npos) return {};
  long seconds = 0;
  const char* const begin = body.data() + at + kName.size();
  std::from_chars(begin, body.data() + body.size(), seconds);
  return std::chrono::seconds{std::clamp(seconds, 0L, 86'400L)};
}

std::string mail_url(const Channel& c) {
  const bool v6 = c.server.find(':') != c.server.npos && c.server[0] != '[';
  return fmt::format("{}://{}{}{}:{}", c.tls == MailSecurity::Tls ? "smtps" : "smtp", v6 ? "[" : "",
                     c.server, v6 ? "]" : "", c.port);
}

/// "<a@example.net>: 550 no such user; and 3 other recipients".
std::string text_of(const MailRefusals& refused) {
  std::string text = refused.other;
  for (const std::string& recipient : refused.recipients)
    text += (text.empty() ? "" : "; ") + recipient;
  const std::size_t more = refused.count - refused.recipients.size();
  if (more > 0)
    text += fmt::format("; and {}", plural(more, "other recipient", "other recipients"));
  return text;
}

/// RFC 5321 section 4.2.1: 5yz is permanent. Other codes than these, and refusals of the sender,
/// concern all mails, so that waiting for somebody who mends it loses none.
Answer judge_mail(const TransferAnswer& received, const Channel& channel) {
  const MailRefusals& refused = received.refusals;
  Answer answer;
  answer.delivered = received.failure.empty();
  answer.partly = answer.delivered && refused.count > 0;
  answer.body = text_of(refused);
  const bool no_recipient = refused.count >= channel.to.size() && !refused.temporary;
  answer.permanent = !answer.delivered && received.status >= 550 && received.status <= 554 &&
                     (refused.data || no_recipient);
  answer.sentence = received.status == 0 ? received.failure
                    : answer.delivered || !answer.body.empty()
                        ? fmt::format("SMTP {}", received.status)
                        : fmt::format("{} (SMTP {})", received.failure, received.status);
  return answer;
}

}  // namespace

TransferRequest request_for(const Channel& channel, Outgoing outgoing) {
  TransferRequest request;
  request.body = std::move(outgoing.body);
  request.timeout = channel.timeout;
  request.ca = channel.ca;
  if (channel.kind == ChannelKind::Email) {
    request.url = mail_url(channel);
    request.user = channel.user;
    request.password = channel.password;
    request.mail = {
        .from = channel.from, .to = channel.to, .needs_tls = channel.tls != MailSecurity::None};
  } else {
    request.url = std::move(outgoing.url);
    request.headers = std::move(outgoing.headers);
    request.plain_http = channel.plain_http;
    request.uses_proxy = true;
  }
  return request;
}

Answer judge(const TransferAnswer& received, const Channel& channel) {
  Answer answer;
  if (channel.kind == ChannelKind::Email) {
    answer = judge_mail(received, channel);
  } else if (received.failure.empty()) {
    answer = judge_http(received.status, received.retry_after, received.body);
  } else {
    answer.sentence = received.failure;
  }
  answer.body = clipped(without_secrets(std::move(answer.body), channel, received.cut), kMaxShown);
  return answer;
}

Answer judge_http(long status, Duration retry_after, std::string body) {
  Answer answer;
  answer.delivered = status >= 200 && status < 300;
  answer.permanent = status == 400 || status == 413 || status == 422;
  answer.sentence = fmt::format("HTTP {}", status);
  if (status >= 300 && status < 400)
    answer.sentence += ", a redirect, which synfin does not follow";
  if (!answer.delivered)
    answer.retry_after = retry_after != Duration{} ? retry_after : retry_after_in(body);
  answer.body = std::move(body);
  return answer;
}

}  // namespace synfin
