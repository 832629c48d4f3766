// See event_buffer.h.
#include "synfin/track/event_buffer.h"

#include <cassert>
#include <utility>

#include "track/fill_record.h"
#include "track/slot.h"

namespace synfin {

/// An event, and its connection as it stood then.
struct EventBuffer::QueuedEvent {
  Slot slot;
  Encapsulation encapsulation;
  RecordContext context;
  Cause cause;
  bool has_record = false;  ///< made at once, in the Event: a Detail is too large to copy
};

EventBuffer::EventBuffer(std::size_t capacity)
    : queued_(std::make_unique<QueuedEvent[]>(capacity)),
      events_(std::make_unique<Event[]>(capacity)),
      capacity_(capacity) {}
EventBuffer::~EventBuffer() = default;
EventBuffer::EventBuffer(EventBuffer&&) noexcept = default;
EventBuffer& EventBuffer::operator=(EventBuffer&&) noexcept = default;

void EventBuffer::tell(const Cause& cause, const Slot& slot, const Detail* detail,
                       const Encapsulation& encapsulation, const RecordContext& context) {
  assert(size_ < capacity_);
  QueuedEvent& told = queued_[size_];
  told.cause = cause;
  told.has_record = detail != nullptr;
  if (detail != nullptr) {
    fill_record(slot, detail, encapsulation, context, events_[size_].connection);
  } else {
    told.slot = slot;
    told.encapsulation = encapsulation;
    told.context = context;
  }
  ++size_;
}

std::size_t EventBuffer::keep_records() {
  std::size_t kept = 0;
  std::size_t kept_made = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    if (queued_[i].cause.kind != EventKind::Record) continue;
    kept_made += i < made_;
    if (kept != i && (i < made_ || queued_[i].has_record)) events_[kept] = events_[i];
    if (kept != i) queued_[kept] = queued_[i];
    ++kept;
  }
  made_ = kept_made;
  return std::exchange(size_, kept) - kept;
}

std::span<Event> EventBuffer::events() {
  for (; made_ < size_; ++made_) {
    const QueuedEvent& told = queued_[made_];
    Event& event = events_[made_];
    event.kind = told.cause.kind;
    event.side = told.cause.side;
    event.time = told.cause.time;
    if (told.has_record) continue;
    fill_record(told.slot, nullptr, told.encapsulation, told.context, event.connection);
  }
  return {events_.get(), size_};
}

}  // namespace synfin
