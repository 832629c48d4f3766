/// \file
/// ServiceManager: reports to systemd that the run has begun and still works.
/// Spec: sd_notify(3), whose protocol is one datagram for each message, so no library is needed.
/// Tested in tests/unit/base/service_manager_test.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "synfin/base/descriptor.h"

namespace synfin {

/// Without $NOTIFY_SOCKET all calls do nothing. Used by one thread.
class ServiceManager {
 public:
  /// The watchdog runs by a monotonic clock.
  using Clock = std::chrono::steady_clock;

  ServiceManager();

  /// `progress` is a number that changes while the run works. The first time that it is not 0, the
  /// run is ready; later the watchdog is fed if it has changed. A message that cannot be sent is
  /// sent again later.
  void update(std::uint64_t progress, Clock::time_point now);
  void stopping() { (void)send("STOPPING=1"); }

 private:
  bool send(std::string_view message) const;

  std::string address_;
  Descriptor socket_;
  std::uint64_t last_ = 0;
  std::optional<Clock::time_point> fed_;
  bool ready_ = false;
};

}  // namespace synfin
