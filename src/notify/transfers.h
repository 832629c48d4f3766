/// \file
/// Transfers: sends requests and mails by libcurl, several at a time, on one thread. TLS is
/// verified, and no redirect is followed. Tested in tests/unit/notify/transfers_test.cc and
/// tests/check/notify.py.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "notify/channel.h"
#include "notify/render.h"
#include "synfin/base/result.h"

namespace synfin {

/// What a server answered, or why it did not.
struct Answer {
  bool delivered = false;
  bool permanent = false;  ///< the same request will never be accepted
  Duration retry_after{};  ///< as the server demands; 0: it demands nothing
  std::string sentence;    ///< "HTTP 429 Too Many Requests"; holds no secret
  std::string body;        ///< the beginning of the answer; hostile, holds no secret
};

/// What an HTTP status means. `body` may hold Telegram's "retry_after".
Answer judge_http(long status, Duration retry_after, std::string body);

/// Loads libcurl. Call it before the process confines itself; else the first Transfers loads it.
/// Fails with a sentence that names the package.
Status load_curl();

class Transfers {
 public:
  /// A transfer that has ended; `key` is that of start().
  struct Finished {
    std::size_t key = 0;
    Answer answer;
  };

  Transfers();
  ~Transfers();

  /// `channel` must outlive the transfer.
  void start(std::size_t key, const Channel& channel, Outgoing outgoing);
  bool active() const;
  /// Works until a transfer ends, `descriptor` (if not negative) is readable, or the time is over.
  void wait(int descriptor, Duration most);
  std::vector<Finished> take_finished();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
