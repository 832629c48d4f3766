/// \file
/// MailReplies: which recipients a mail server refused, and why, from the lines of a session.
/// Spec: RFC 5321 section 4.2. Tested in tests/unit/net/mail_replies_test.cc.
#pragma once

#include <string>
#include <string_view>

#include "synfin/net/transfers.h"

namespace synfin {

class MailReplies {
 public:
  /// A command without its end of line. Only those that name a recipient are kept, because others
  /// have passwords.
  void on_command(std::string_view command);
  /// A line of a reply.
  void on_reply(std::string_view line);

  const MailRefusals& refusals() const { return refusals_; }

 private:
  MailRefusals refusals_;
  std::string recipient_;   ///< of the last command; empty: it named none
  bool had_data_ = false;   ///< the last command was DATA
  bool ended_ = false;      ///< the last command was QUIT
  bool continues_ = false;  ///< the last line was not the last one of its reply
};

}  // namespace synfin
