// See mail_replies.h.
#include "net/mail_replies.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxKept = 2;    ///< sentences about recipients
constexpr std::size_t kMaxLine = 300;  ///< bytes of each

std::string_view without_line_end(std::string_view line) {
  return line.substr(0, line.find_first_of("\r\n"));
}

}  // namespace

void MailReplies::on_command(std::string_view command) {
  constexpr std::string_view kRecipient = "RCPT TO:";
  recipient_.clear();
  had_data_ = command.starts_with("DATA");
  ended_ = command.starts_with("QUIT");
  if (command.starts_with(kRecipient))
    recipient_ = without_line_end(command.substr(kRecipient.size()));
}

void MailReplies::on_reply(std::string_view line) {
  const bool first = !continues_;
  continues_ = line.size() > 3 && line[3] == '-';
  if (!first || ended_ || line.empty()) return;
  if (line[0] != '4' && line[0] != '5') {
    refusals_.other.clear();  // such as that of EHLO by a server that knows HELO only
    return;
  }
  const std::string text(without_line_end(line).substr(0, kMaxLine));
  if (recipient_.empty()) {
    refusals_.other = text;
    refusals_.data = had_data_;
    return;
  }
  ++refusals_.count;
  refusals_.temporary = refusals_.temporary || line[0] == '4';
  if (refusals_.recipients.size() < kMaxKept)
    refusals_.recipients.push_back(recipient_ + ": " + text);
}

}  // namespace synfin
