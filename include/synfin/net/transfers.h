/// \file
/// Transfers: HTTP requests and mails by libcurl, several at a time, on one thread. TLS is
/// verified, and no redirect is followed. Notifications and the store use it.
/// Tested in tests/unit/net/, tests/check/notify.py and tests/store/.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/base/time.h"

namespace synfin {

/// What a mail has beside its body.
struct MailEnvelope {
  std::string from;
  std::vector<std::string> to;
  bool needs_tls = true;  ///< by STARTTLS or from the beginning
};

struct TransferRequest {
  std::string url;                   ///< https:, smtp: or smtps:, or http: if `plain_http`
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;                  ///< of a POST, or the mail
  /// The body of a POST if `body` is empty. Valid until the transfer has ended.
  std::string_view borrowed_body = {};
  std::optional<MailEnvelope> mail;  ///< set for smtp: and smtps:
  std::string user;                  ///< of SMTP; empty: none
  std::string password;
  Duration timeout = std::chrono::seconds{30};
  /// Ends the transfer if no byte passes for so long; 0: never.
  Duration stalled{};
  std::string ca;           ///< certificates in place of the system's; empty: the system's
  bool plain_http = false;  ///< http: is permitted
  bool uses_proxy = false;  ///< that of the environment, for https: only
  /// May be received twice, as RFC 9110 section 9.2.2 has it. libcurl repeats a request whose kept
  /// connection ends without an answer, so any other request has a connection of its own.
  bool idempotent = false;
  std::size_t max_answer = 2000;
  /// Receives the pieces of an answer with status 200 in place of TransferAnswer::body. If it
  /// returns false, the transfer is ended. Valid until the transfer has ended.
  std::function<bool(std::string_view)> take = {};
  /// Receives each header line of an answer. May be empty.
  std::function<void(std::string_view)> take_header = {};
};

/// What a mail server refused (RFC 5321 section 4.2). The texts are the server's, and hostile.
struct MailRefusals {
  std::size_t count = 0;                     ///< recipients
  std::vector<std::string> recipients = {};  ///< the first two: "<a@example.net>: 550 no such user"
  bool temporary = false;                    ///< one of them may be accepted later
  std::string other = {};  ///< the last refusal of anything else: "554 no spam"; empty: none
  bool data = false;       ///< `other` refuses the content of the mail
};

/// What a server answered, or why it did not.
struct TransferAnswer {
  std::string failure;     ///< why no whole answer was received; empty if one was
  long status = 0;         ///< of HTTP or SMTP; 0: no answer
  bool connected = false;  ///< false if the server cannot have received anything
  Duration retry_after{};  ///< as the server demands; 0: it demands nothing
  std::string body;        ///< its first `max_answer` bytes; hostile
  bool cut = false;        ///< the body may be longer
  MailRefusals refusals;   ///< also of a mail that was delivered to others
};

/// Loads libcurl. Call it before the process confines itself; else the first Transfers loads it.
/// Fails with a sentence that names the package.
Status load_curl();

class Transfers {
 public:
  /// A transfer that has ended; `key` is that of start().
  struct Finished {
    std::size_t key = 0;
    TransferAnswer answer;
  };

  Transfers();
  ~Transfers();
  Transfers(Transfers&&) noexcept;
  Transfers& operator=(Transfers&&) = delete;

  void start(std::size_t key, TransferRequest request);
  bool active() const;
  /// Works until a transfer ends, `descriptor` (if not negative) is readable, or the time is over.
  void wait(int descriptor, Duration most);
  std::vector<Finished> take_finished();
  /// Starts one transfer and waits for its end. Ends it early if `cancelled` returns true; it is
  /// called a few times a second. REQUIRES: no other transfer is active. Connections are kept for
  /// the next call.
  TransferAnswer run(TransferRequest request, const std::function<bool()>& cancelled = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
