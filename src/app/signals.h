/// \file
/// What signals ask of a run: SIGINT and SIGTERM finish it (a second one quits at once), SIGUSR1
/// prints statistics, SIGHUP opens the files that are written again.
#pragma once

namespace synfin {

class PacketSource;

/// How many times SIGHUP has asked for files to be opened again.
unsigned reopen_requests();

/// Handlers for the life of this object; the old ones come back with its end. One at a time.
class SignalWatch {
 public:
  /// `source` is interrupted when the run is to finish; it must outlive the watch.
  explicit SignalWatch(PacketSource& source);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  bool finish_asked() const;
  /// True once for each SIGUSR1.
  bool take_statistics_asked();
};

}  // namespace synfin
