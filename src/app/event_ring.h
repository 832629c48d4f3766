/// \file
/// EventRing: the bounded ring of event buffers between the packet thread and the output thread.
///
/// Thread safety: one producer, one consumer. A buffer belongs to whoever took it until it is
/// handed on. Tested in tests/unit/app/event_ring_test.cc.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "synfin/track/event_buffer.h"

namespace synfin {

/// Passed once per buffer of many events, so a lock is cheap enough. Allocates in the constructor
/// only.
class EventRing {
 public:
  EventRing(std::size_t buffers, std::size_t events_each);

  /// Producer: an empty buffer; waits while the consumer has them all.
  EventBuffer& take_empty();
  /// Producer: hands over the buffer last taken.
  void hand_over();
  /// Producer: hands over the buffer last taken and takes an empty one; null, with nothing handed
  /// over, while the consumer has all the others (live: the producer never waits).
  EventBuffer* try_exchange();
  /// Producer: nothing more will come.
  void close();

  /// Consumer: the next full buffer; null once the ring is closed and drained.
  EventBuffer* take_full();
  /// Consumer: gives back the buffer last taken.
  void give_back();

 private:
  std::vector<std::unique_ptr<EventBuffer>> buffers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t handed_over_ = 0;  ///< buffers ever handed over
  std::size_t given_back_ = 0;   ///< buffers ever given back; at most buffers_.size() behind
  bool closed_ = false;
};

}  // namespace synfin
