/// \file
/// Reads arbitrary bytes as a message of the queue in the state file, and renders it for each
/// medium. The first byte chooses whether the rest is a packed message or the texts of one.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "notify/message.h"
#include "notify/render.h"
#include "support/fuzz_input.h"
#include "support/output_checks.h"

using namespace synfin;
using fuzz::require;

namespace {

constexpr std::size_t kTelegramUnits = 4096;  // of UTF-16
constexpr std::size_t kMailLine = 998;        // RFC 5322 §2.1.1

Channel channel_of(ChannelKind kind) {
  Channel channel;
  channel.kind = kind;
  channel.name = "x";
  channel.sensor = "lab";
  channel.url = "https://h.example/a/topic";
  channel.token = "tok";
  channel.secret = "s";
  channel.from = "synfin@example.net";
  channel.to = {"a@example.net"};
  channel.subject_prefix = "[Net]";
  return channel;
}

/// Characters beyond the basic plane take two units, all others one.
std::size_t utf16_units(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80) units += byte >= 0xF0 ? 2U : 1U;
  }
  return units;
}

/// Each line ends with CR LF, is short enough, and holds no other control character. The fields of
/// the header are those that render_email() writes.
void check_mail(std::string_view mail) {
  std::size_t subjects = 0;
  for (bool in_header = true; !mail.empty();) {
    const std::size_t end = mail.find("\r\n");
    require(end != mail.npos, "a line of a mail ends with CR LF");
    const std::string_view line = mail.substr(0, end);
    mail.remove_prefix(end + 2);
    require(line.size() <= kMailLine, "a line of a mail has a bounded length");
    for (const char c : line) {
      const auto byte = static_cast<unsigned char>(c);
      require(byte >= 0x20 && byte < 0x7F, "a mail is printable ASCII");
    }
    in_header = in_header && !line.empty();
    if (!in_header) continue;
    subjects += line.starts_with("Subject:") ? 1U : 0U;
    require(!line.starts_with("Bcc:") && !line.starts_with("Cc:"), "nobody adds a recipient");
  }
  require(subjects == 1, "a mail has one subject");
}

void check_rendering(const Message& message) {
  for (int kind = 0; kind < kChannelKinds; ++kind) {
    const Channel channel = channel_of(static_cast<ChannelKind>(kind));
    const std::vector<Outgoing> requests = render(message, channel, message.time);
    require(!requests.empty(), "each message is sent");
    for (const Outgoing& request : requests) {
      for (const std::string& header : request.headers)
        require(header.find_first_of("\r\n") == header.npos, "a header is one line");
      if (channel.kind == ChannelKind::Email)
        check_mail(request.body);
      else
        fuzz::check_json(request.body);
    }
    if (channel.kind != ChannelKind::Telegram) continue;
    for (const std::string& text : render_telegram(message, channel)) {
      require(utf16_units(text) <= kTelegramUnits, "a message of Telegram has a bounded length");
      fuzz::check_text(text);
    }
  }
}

/// A message whose texts are the parts of the input.
Message message_of_parts(fuzz::Bytes rest) {
  Message message;
  message.kind = static_cast<MessageKind>(fuzz::take_byte(rest) % kMessageKinds);
  message.more_lines = fuzz::take_byte(rest);
  const std::size_t facts = fuzz::take_byte(rest) % 8U;
  for (std::string* text : {&message.id, &message.change, &message.host, &message.title})
    *text = fuzz::text_of(fuzz::take_part(rest));
  for (std::size_t i = 0; i < facts; ++i) {
    MessageFact fact;
    fact.key = fuzz::text_of(fuzz::take_part(rest));
    fact.value = fuzz::text_of(fuzz::take_part(rest));
    message.facts.push_back(std::move(fact));
  }
  while (!rest.empty()) message.lines.emplace_back(fuzz::text_of(fuzz::take_part(rest)));
  return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 14) return 0;
  fuzz::Bytes rest{data, size};
  if (fuzz::take_byte(rest) % 2 == 0) {
    const Message message = message_of_parts(rest);
    const auto again = unpack(pack(message));
    require(again && pack(*again) == pack(message), "a packed message is found again");
    check_rendering(message);
  } else if (const auto message = unpack(fuzz::text_of(rest))) {
    check_rendering(*message);
  }
  return 0;
}
