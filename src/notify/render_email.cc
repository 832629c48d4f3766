// Mail: RFC 5322 header fields, a text and an HTML part. See render.h.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "notify/message_text.h"
#include "notify/render.h"
#include "synfin/base/escape.h"
#include "synfin/base/utf8.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxListBytes = 200'000;

std::string html(std::string_view text) {
  std::string out;
  append_html(out, text);
  return out;
}

/// RFC 5322 §3.3, in UTC; independent of the locale.
std::string mail_date(Timestamp now) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(to_ns(now) / 1'000'000'000);
  std::tm t{};
  gmtime_r(&seconds, &t);
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", kDays[t.tm_wday], t.tm_mday,
                     kMonths[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/// Base64 in lines of 76 characters (RFC 2045 §6.8).
std::string encoded_part(std::string_view type, std::string_view content) {
  std::string out = fmt::format(
      "Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
  const std::string bytes = base64(content);
  for (std::size_t at = 0; at < bytes.size(); at += 76) out += bytes.substr(at, 76) + "\r\n";
  return out;
}

std::string text_part(const Message& message, const Channel& channel) {
  std::string text = full_title(message, channel) + "\n\n";
  for (const LabelledText& fact : labelled_facts(message))
    text += fmt::format("{}: {}\n", fact.label, fact.text);
  const auto lines = lines_within(message, kMaxListBytes);
  if (!lines.empty()) text += "\n";
  for (const std::string& line : lines) text += "- " + line + "\n";
  return text;
}

std::string html_part(const Message& message, const Channel& channel) {
  std::string text = fmt::format("<!DOCTYPE html>\n<html><body>\n<h3>{}</h3>\n<table>\n",
                                 html(full_title(message, channel)));
  for (const LabelledText& fact : labelled_facts(message)) {
    text +=
        fmt::format("<tr><td><b>{}</b></td><td>{}</td></tr>\n", html(fact.label), html(fact.text));
  }
  text += "</table>\n";
  const auto lines = lines_within(message, kMaxListBytes);
  if (!lines.empty()) text += "<ul>\n";
  for (const std::string& line : lines) text += fmt::format("<li>{}</li>\n", html(line));
  if (!lines.empty()) text += "</ul>\n";
  return text + "</body></html>\n";
}

constexpr std::size_t kMaxId = 60;  // a boundary has 70 characters at most (RFC 2046 §5.1.1)

/// Letters, digits and "-" for a Message-ID (RFC 5322 §3.6.4).
std::string id_text(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMaxId)) {
    const bool safe =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
    out += safe ? c : '-';
  }
  return out.empty() ? "synfin" : out;
}

}  // namespace

std::string header_text(std::string_view text) {
  const std::string safe = plain(text, 400);
  const bool ascii = std::all_of(safe.begin(), safe.end(), [](unsigned char c) { return c < 127; });
  // A text that looks like an encoded word is encoded, so that nobody decodes it.
  if (ascii && safe.size() <= 120 && safe.find("=?") == safe.npos) return safe;
  std::string out;
  std::string_view rest = safe;
  while (!rest.empty()) {
    const std::string_view piece =
        clip_utf8(rest, 42);  // an encoded word has 75 characters at most
    out += fmt::format("{}=?utf-8?B?{}?=", out.empty() ? "" : "\r\n ", base64(piece));
    rest.remove_prefix(piece.size());
  }
  return out;
}

std::string render_email(const Message& message, const Channel& channel, Timestamp now) {
  std::string subject = channel.subject_prefix;
  if (!subject.empty()) subject += " ";
  subject += full_title(message, channel);
  std::string recipients;
  for (const std::string& to : channel.to) recipients += (recipients.empty() ? "" : ",\r\n ") + to;
  const std::string boundary = "synfin-" + id_text(message.id);
  return fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\n"
      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/alternative; "
      "boundary=\"{}\"\r\n\r\n--{}\r\n{}\r\n--{}\r\n{}\r\n--{}--\r\n",
      mail_date(now), channel.from, recipients, header_text(subject), id_text(message.id),
      id_text(channel.sensor), boundary, boundary,
      encoded_part("text/plain", text_part(message, channel)), boundary,
      encoded_part("text/html", html_part(message, channel)), boundary);
}

}  // namespace synfin
