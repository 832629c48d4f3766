/// \file
/// EventBuffer: carries events from the connection table to its consumer.
///
/// Slot → copy → ConnectionRecord. The table only copies the slot. The consumer's thread derives
/// the record from the copy, because the table is the bottleneck of a fast run. Tested in
/// tests/unit/track/event_buffer_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "synfin/track/event.h"

namespace synfin {

struct Detail;
struct Slot;
struct RecordContext;

/// A fixed number of events that the table appends and a consumer reads.
///
/// Allocates in the constructor only. Not thread-safe: one thread at a time owns a buffer.
class EventBuffer {
 public:
  explicit EventBuffer(std::size_t capacity);
  ~EventBuffer();
  EventBuffer(EventBuffer&&) noexcept;
  EventBuffer& operator=(EventBuffer&&) noexcept;

  std::size_t capacity() const { return capacity_; }
  std::size_t room() const { return capacity_ - size_; }
  bool empty() const { return size_ == 0; }
  void clear() { filled_ = size_ = 0; }

  /// The fields of Event besides the connection.
  struct EventHeader {
    EventKind kind = EventKind::Record;
    Side side = Side::None;
    Timestamp time{};
  };
  /// Appends an event with a copy of the connection's current state. `detail` may be null.
  /// REQUIRES: room() > 0.
  void append(const EventHeader& header, const Slot& slot, const Detail* detail,
              const Encapsulation& encapsulation, const RecordContext& context);

  /// Numbers of events, by EventKind.
  using KindCounts = std::array<std::uint64_t, kEventKinds>;
  /// Drops all events of one kind after the other, in this order, until there is `room` or no kind
  /// is left. The others stay in order. Returns how many it dropped, and adds them to `dropped`.
  std::size_t drop(std::span<const EventKind> kinds, std::size_t room, KindCounts& dropped);

  /// All events in order. Valid until the next append() or clear().
  std::span<Event> events();

 private:
  struct QueuedEvent;

  void remove(EventMask kinds);

  std::unique_ptr<QueuedEvent[]> queued_;
  std::unique_ptr<Event[]> events_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::size_t filled_ = 0;  ///< how many of events_ are complete
};

}  // namespace synfin
