/// \file
/// EventBuffer: the way of events from the table to the output side.
///
/// Slot → copy → ConnectionRecord. The table copies what it knows of a connection; what that means
/// is worked out by whoever reads the events, for the table is what a fast run waits for. Tested in
/// tests/unit/track/event_buffer_test.cc.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "synfin/track/event.h"

namespace synfin {

struct Detail;
struct Slot;
struct RecordContext;

/// A fixed number of events, filled by the table and read by the output side.
///
/// Allocates in the constructor only. Not thread-safe: it changes hands, it is not shared.
class EventBuffer {
 public:
  explicit EventBuffer(std::size_t capacity);
  ~EventBuffer();
  EventBuffer(EventBuffer&&) noexcept;
  EventBuffer& operator=(EventBuffer&&) noexcept;

  std::size_t room() const { return capacity_ - size_; }
  bool empty() const { return size_ == 0; }
  void clear() { made_ = size_ = 0; }

  /// Who caused an event, and when; as in Event.
  struct Cause {
    EventKind kind = EventKind::Record;
    Side side = Side::None;
    Timestamp time{};
  };
  /// One more event, of the connection as it stands now; the arguments may change afterwards.
  /// `detail` may be null. REQUIRES: room() > 0.
  void tell(const Cause& cause, const Slot& slot, const Detail* detail,
            const Encapsulation& encapsulation, const RecordContext& context);

  /// Throws away all events but records, which stay in order, and returns how many went.
  std::size_t keep_records();

  /// All events in order. Valid until the next tell() or clear().
  std::span<Event> events();

 private:
  struct QueuedEvent;

  std::unique_ptr<QueuedEvent[]> queued_;
  std::unique_ptr<Event[]> events_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::size_t made_ = 0;  ///< of the first so many, the Event is complete
};

}  // namespace synfin
