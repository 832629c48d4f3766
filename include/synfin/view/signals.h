/// \file
/// EndRequest, by which a run is ended early, and the signals that reach a run.
#pragma once

#include <atomic>

namespace synfin {

class InputSource;

/// A request to end the run: finish, write all outputs, exit. Any thread may make it.
class EndRequest {
 public:
  /// `source` is interrupted by a request; it must outlive this object.
  explicit EndRequest(InputSource& source) : source_(source) {}

  /// Async-signal-safe. Further calls do nothing more.
  void request() noexcept;
  bool requested() const noexcept { return requested_.load(); }

 private:
  InputSource& source_;
  std::atomic<bool> requested_{false};
};

/// From now on, SIGHUP counts in reopen_requests() instead of ending the process. A run calls this
/// first, so that logrotate cannot kill a run that is about to start or has just finished. If a
/// standard stream is a terminal that was closed, SIGHUP makes the end request instead.
void accept_reopen_requests();

/// How often SIGHUP has requested that output files are opened again.
unsigned reopen_requests();

/// Handles signals for the life of this object and restores the previous handlers at its end,
/// except that those of SIGINT and SIGTERM stay after an end request. There is one such object at a
/// time. SIGINT and SIGTERM make the end request, and exit at once if the first of them arrived
/// more than a second ago; SIGUSR1 requests statistics; SIGHUP counts in reopen_requests(); SIGPIPE
/// is ignored, because a closed pipe is a failed write.
class SignalWatch {
 public:
  /// `end` must outlive the watch.
  explicit SignalWatch(EndRequest& end);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  /// True once for each SIGUSR1.
  bool take_statistics_request();
};

}  // namespace synfin
