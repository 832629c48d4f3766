// What a full table gives up for a newcomer. See connection_table_impl.h.
#include "track/connection_table_impl.h"

namespace synfin {

/// Frees one slot, the cheapest details first.
void ConnectionTable::Impl::evict(EventBuffer& out) {
  std::uint32_t id = queues.oldest(Queue::Remembered);
  if (id == SlotQueues::kNone) {
    id = queues.oldest(Queue::HalfOpen);
    if (id == SlotQueues::kNone) id = queues.oldest(Queue::Unacknowledged);
    if (id == SlotQueues::kNone)
      id = older(queues.oldest(Queue::Open), queues.oldest(Queue::HalfClosed));
    if (id == SlotQueues::kNone) id = queues.oldest(Queue::KernelKnown);
    if (id != SlotQueues::kNone) {
      cut_short(id, out);
      return;
    }
    // All that is left has ended: its record comes early, and is whole but for stragglers.
    id = queues.oldest(Queue::Lingering);
    emit_record(id, verdict, out);
  }
  forget(id);
}

void ConnectionTable::Impl::cut_short(std::uint32_t id, EventBuffer& out) {
  ++counters.evicted;
  RecordContext context = verdict;
  context.evicted = true;
  emit(EventKind::Evicted, Side::None, clock.now(), slots[id], context, out);
  emit_record(id, context, out);
  forget(id);
}

/// Where a queue is full every newcomer costs the oldest its place. What the evictions of the group
/// at hand and the next will touch is asked for now: the slots one group ahead, and by then their
/// places in the index.
void ConnectionTable::Impl::prefetch_evictions(std::size_t evictions) {
  const Queue queue = queues.size(Queue::HalfOpen) + kGroup > half_open_share ? Queue::HalfOpen
                      : queues.full()                                         ? Queue::Remembered
                                                                              : Queue::None;
  if (queue == Queue::None) return;
  std::size_t ahead = 0;
  for (std::uint32_t id = queues.oldest(queue);
       id != SlotQueues::kNone && ahead < evictions + newcomers; id = queues.after(id)) {
    ++ahead <= evictions ? index.prefetch(hash_of(slots[id])) : prefetch(slots[id]);
  }
}

std::uint32_t ConnectionTable::Impl::older(std::uint32_t a, std::uint32_t b) const {
  if (a == SlotQueues::kNone || b == SlotQueues::kNone) return a == SlotQueues::kNone ? b : a;
  return slots[a].last <= slots[b].last ? a : b;
}

}  // namespace synfin
