/// \file
/// Courier: delivers the messages of the state file through the channels. It runs in a process of
/// its own.
///
///     MessageQueue → batch → render → Transfers → answer → MessageQueue
///
/// A channel has one message under way at a time, so that a slow channel delays no other. After a
/// failure it waits: seconds first, an hour at most, at random, or as long as the server demands.
/// Tested in tests/unit/notify/courier_test.cc and tests/check/notify.py.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "notify/channel.h"
#include "notify/queue_file.h"
#include "notify/transfers.h"
#include "synfin/notify/notifier.h"

namespace synfin {

/// The time to wait after `attempts` failures. `random` is from 0 to 1.
Duration retry_delay(std::int64_t attempts, double random, Duration first);

class Courier {
 public:
  enum class Level : unsigned char { Warning, Info };
  using Report = std::function<void(Level, const std::string& sentence)>;

  /// `state` is the path of the state file, which need not exist yet.
  Courier(const NotifySettings& settings, std::string state, Report report, Clocks clocks = {});
  ~Courier();

  /// Delivers what is due, and waits until `descriptor` is readable or the time is over. Returns
  /// how many messages it began to send.
  std::size_t work(int descriptor, Duration most);
  /// From now on nothing waits for other messages to join it.
  void hurry() { hurries_ = true; }
  /// Nothing is under way.
  bool idle() const;
  /// The state file could not be read the last time.
  bool queue_failed() const { return queue_.failed(); }
  /// Reports for each channel how many messages it has not handled.
  void report_waiting();
  /// Since the start, of all channels.
  const DeliveryCounts& counts() const { return counts_; }

 private:
  struct ChannelState;

  void fill(ChannelState& state);
  void report_given_up(const Channel& channel, const Offer& offer);
  void send_part(ChannelState& state);
  void take(ChannelState& state, const Answer& answer);
  void fail(ChannelState& state, const Answer& answer);
  void check(const Status& status) { queue_.check(status); }

  const NotifySettings& settings_;
  Clocks clocks_;
  Report report_;
  std::vector<std::unique_ptr<ChannelState>> channels_;  ///< one for each channel that is enabled
  Transfers transfers_;
  QueueFile queue_;
  DeliveryCounts counts_;
  Timestamp soonest_{};  ///< when something may be due
  bool hurries_ = false;
};

}  // namespace synfin
