/// \file
/// QueueFile: the queue of the state file, which another process creates and may replace.
/// Tested in tests/unit/notify/courier_test.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "notify/channel.h"
#include "notify/message_queue.h"
#include "synfin/base/wall_clock.h"

namespace synfin {

struct Clocks {
  std::function<Timestamp()> wall = wall_clock;
  std::function<Timestamp()> steady = steady_time;
};

/// Which messages have waited for too long, by the steady clock. Remembers few times and which
/// message was the last one then, so that a message expires up to a sixteenth of its time later.
class MessageAges {
 public:
  void note(Timestamp steady, std::int64_t last_number, Duration max_age);
  /// This message and all before it are too old.
  std::int64_t last_expired() const { return expired_; }

 private:
  std::deque<std::pair<Timestamp, std::int64_t>> marks_;
  std::int64_t expired_ = 0;
};

class QueueFile {
 public:
  using Report = std::function<void(const std::string& sentence)>;

  /// `path` is that of the state file, which need not exist yet. `settings` must outlive this.
  QueueFile(std::string path, const NotifySettings& settings, Clocks clocks, Report report);

  /// Opens the queue if it is not open or the file was replaced. Removes what is handled from time
  /// to time. Returns false if there is no queue. Unless `hurries`, the writer has some time to
  /// create its tables.
  bool open(bool hurries);
  /// Closes the queue if this is a fault, and reports the first one.
  void check(const Status& status);
  /// The last opening failed.
  bool failed() const { return failed_; }
  Expiry expiry() const;

  explicit operator bool() const { return queue_ != nullptr; }
  MessageQueue* operator->() const { return queue_.get(); }

 private:
  bool reopen(bool hurries);
  void prune();

  std::string path_;
  const NotifySettings& settings_;
  Clocks clocks_;
  Report report_;
  std::unique_ptr<MessageQueue> queue_;
  std::uint64_t inode_ = 0;  ///< of the state file that is open
  Timestamp first_try_{};    ///< to open it; a steady time
  Timestamp pruned_{};       ///< a steady time
  Timestamp started_;        ///< by the wall clock
  MessageAges ages_;
  bool failed_ = false;
};

}  // namespace synfin
