// See event_buffer.h.
#include "synfin/track/event_buffer.h"

#include <cassert>

#include "track/fill_record.h"
#include "track/slot.h"

namespace synfin {

/// An event and a copy of its connection.
struct EventBuffer::QueuedEvent {
  Slot slot;
  Encapsulation encapsulation;
  RecordContext context;
  EventHeader header;
  /// append() has already filled the record, because a Detail is too large to copy.
  bool has_record = false;
};

EventBuffer::EventBuffer(std::size_t capacity)
    : queued_(std::make_unique<QueuedEvent[]>(capacity)),
      events_(std::make_unique<Event[]>(capacity)),
      capacity_(capacity) {}
EventBuffer::~EventBuffer() = default;
EventBuffer::EventBuffer(EventBuffer&&) noexcept = default;
EventBuffer& EventBuffer::operator=(EventBuffer&&) noexcept = default;

void EventBuffer::append(const EventHeader& header, const Slot& slot, const Detail* detail,
                         const Encapsulation& encapsulation, const RecordContext& context) {
  assert(size_ < capacity_);
  QueuedEvent& queued = queued_[size_];
  queued.header = header;
  queued.has_record = detail != nullptr;
  if (detail != nullptr) {
    fill_record(slot, detail, encapsulation, context, events_[size_].connection);
  } else {
    queued.slot = slot;
    queued.encapsulation = encapsulation;
    queued.context = context;
  }
  ++size_;
}

std::size_t EventBuffer::drop(std::span<const EventKind> kinds, std::size_t room,
                              KindCounts& dropped) {
  KindCounts held{};
  for (std::size_t i = 0; i < size_; ++i) ++held[static_cast<std::size_t>(queued_[i].header.kind)];
  EventMask doomed;
  std::size_t count = 0;
  for (const EventKind kind : kinds) {
    if (this->room() + count >= room) break;
    const std::uint64_t of_kind = held[static_cast<std::size_t>(kind)];
    doomed = doomed | EventMask::only(kind);
    count += of_kind;
    dropped[static_cast<std::size_t>(kind)] += of_kind;
  }
  if (count > 0) remove(doomed);
  return count;
}

void EventBuffer::remove(EventMask kinds) {
  std::size_t kept = 0;
  std::size_t kept_filled = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    if (kinds.has(queued_[i].header.kind)) continue;
    kept_filled += i < filled_;
    if (kept != i && (i < filled_ || queued_[i].has_record)) events_[kept] = events_[i];
    if (kept != i) queued_[kept] = queued_[i];
    ++kept;
  }
  filled_ = kept_filled;
  size_ = kept;
}

std::span<Event> EventBuffer::events() {
  for (; filled_ < size_; ++filled_) {
    const QueuedEvent& queued = queued_[filled_];
    Event& event = events_[filled_];
    event.kind = queued.header.kind;
    event.side = queued.header.side;
    event.time = queued.header.time;
    if (queued.has_record) continue;
    fill_record(queued.slot, nullptr, queued.encapsulation, queued.context, event.connection);
  }
  return {events_.get(), size_};
}

}  // namespace synfin
