/// \file
/// How a message becomes a transfer, and what its answer means.
/// Tested in tests/unit/notify/transfers_test.cc and tests/check/notify.py.
#pragma once

#include <string>

#include "notify/channel.h"
#include "notify/render.h"
#include "synfin/net/transfers.h"

namespace synfin {

/// What a server answered, or why it did not.
struct Answer {
  bool delivered = false;
  bool permanent = false;  ///< the same request will never be accepted
  bool partly = false;     ///< delivered, but not to all recipients of a mail
  Duration retry_after{};  ///< as the server demands; 0: it demands nothing
  std::string sentence;    ///< "HTTP 429 Too Many Requests"; holds no secret
  /// The beginning of the answer, or what a mail server refused. Hostile and as it was sent, so
  /// that whoever prints it makes it plain. Holds no secret.
  std::string body;
};

TransferRequest request_for(const Channel& channel, Outgoing outgoing);

/// What the answer to such a request means.
Answer judge(const TransferAnswer& received, const Channel& channel);

/// What an HTTP status means. `body` may hold Telegram's "retry_after".
Answer judge_http(long status, Duration retry_after, std::string body);

}  // namespace synfin
