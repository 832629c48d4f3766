// Connections that the socket table reports: open before the capture, or ended without packets. See
// connection_table_impl.h.
#include "track/connection_table_impl.h"

namespace synfin {
namespace {

/// A packet that arrived less than this before the report may have been in flight at that time.
constexpr Duration kInFlight = std::chrono::seconds{2};

Segment segment_of(const KnownConnection& known) {
  Segment s;
  s.tuple = known.tuple;
  s.time = known.at;
  return s;
}

template <typename Step>
std::size_t for_each(std::span<const KnownConnection> known, EventBuffer& out, Step step) {
  std::size_t done = 0;
  while (done < known.size() && out.room() >= ConnectionTable::kMaxEventsPerSegment)
    step(known[done++]);
  return done;
}

}  // namespace

std::size_t ConnectionTable::adopt(std::span<const KnownConnection> known, EventBuffer& out) {
  return for_each(known, out, [&](const KnownConnection& one) { impl_->adopt(one, out); });
}

std::size_t ConnectionTable::mark_gone(std::span<const KnownConnection> gone, EventBuffer& out) {
  return for_each(gone, out, [&](const KnownConnection& one) { impl_->mark_gone(one, out); });
}

void ConnectionTable::Impl::adopt(const KnownConnection& known, EventBuffer& out) {
  const Segment s = segment_of(known);
  SegmentKey key;
  keys.find(s, key);
  std::uint32_t id = search(s, key);
  if (id != SlotQueues::kNone) {
    if (slots[id].queue() != Queue::Remembered) set_kernel_known(id, true);
    return;
  }
  (void)clock.follow(known.at);
  id = allocate(s, key, out);
  Slot& slot = slots[id];
  Lifecycle::adopt(slot, known.at, key.sender);
  slot.flags.encapsulation = encapsulations.id(s.encapsulation) & 0xFFFu;
  ++counters.connections;
  open += slot.is_open();
  slot.set_kernel_known(true);
  enter_queue(Queue::KernelKnown, id);
  emit(EventKind::Midstream, Side::None, known.at, slot, record_context, out);
}

/// Moves the slot to the queue without time-outs while the host's socket table lists the
/// connection.
void ConnectionTable::Impl::set_kernel_known(std::uint32_t id, bool known) {
  Slot& slot = slots[id];
  slot.set_kernel_known(known);
  if (queue_for(slot) != slot.queue()) move_to(queue_for(slot), id);
}

void ConnectionTable::Impl::mark_gone(const KnownConnection& gone, EventBuffer& out) {
  const Segment s = segment_of(gone);
  SegmentKey key;
  keys.find(s, key);
  const std::uint32_t id = search(s, key);
  if (id == SlotQueues::kNone) return;
  const Slot& slot = slots[id];
  const bool is_open = slot.queue() == Queue::Open || slot.queue() == Queue::HalfClosed ||
                       slot.queue() == Queue::KernelKnown;
  if (is_open && slot.last <= gone.at - kInFlight) {
    end_now(id, EventKind::Timeout, gone.at, out);  // before it leaves the queue without time-outs
  } else if (slot.queue() != Queue::Remembered) {
    set_kernel_known(id, false);
  }
}

}  // namespace synfin
