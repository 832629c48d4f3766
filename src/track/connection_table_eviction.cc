// Slots: allocation, and eviction from a full table. See connection_table_impl.h.
#include "track/connection_table_impl.h"

namespace synfin {

std::uint32_t ConnectionTable::Impl::allocate(const Segment& s, const SegmentKey& key,
                                              EventBuffer& out) {
  if (queues.size(Queue::HalfOpen) >= half_open_share) {
    cut_short(queues.oldest(Queue::HalfOpen), out);
  }
  if (queues.size(Queue::Unproven) >= half_open_share) {
    cut_short(queues.oldest(Queue::Unproven), out);
  }
  std::uint32_t id = queues.take_free();
  if (id == SlotQueues::kNone) {
    evict(out);
    id = queues.take_free();
  }
  Slot& slot = slots[id];
  const unsigned from = key.sender;
  slot.address[from] = s.tuple.orig.address;
  slot.address[from ^ 1u] = s.tuple.resp.address;
  slot.port[from] = s.tuple.orig.port;
  slot.port[from ^ 1u] = s.tuple.resp.port;
  slot.flags.udp = s.tuple.transport == Transport::Udp;
  const bool shared = options.context_key && encapsulations.shares_id(s.encapsulation);
  index.insert(shared ? shared_hash(s) : key.hash, id);
  return id;
}

std::uint64_t ConnectionTable::Impl::hash_of(const Slot& slot) const {
  return keys.hash({slot.address[0], slot.port[0]}, {slot.address[1], slot.port[1]},
                   slot.transport(), encapsulations.at(slot.flags.encapsulation));
}

void ConnectionTable::Impl::forget(std::uint32_t id, std::uint64_t key) {
  Slot& slot = slots[id];
  index.erase(key, id);
  queues.remove(slot.queue(), id);
  slot.flags.queue = static_cast<unsigned>(Queue::None) & 7u;
  queues.give_back(id);
}

/// Frees one slot: a remembered tuple, an ended connection, whose record is then written early, an
/// unproven or half-open one, the least recently active open one, or one that the host's kernel
/// lists. Takes the first of these that exists.
void ConnectionTable::Impl::evict(EventBuffer& out) {
  if (const std::uint32_t id = queues.oldest(Queue::Remembered); id != SlotQueues::kNone) {
    forget(id);
    return;
  }
  if (const std::uint32_t id = queues.oldest(Queue::Lingering); id != SlotQueues::kNone) {
    emit_record(id, record_context, out);
    forget(id);
    return;
  }
  std::uint32_t id = queues.oldest(Queue::Unproven);
  if (id == SlotQueues::kNone) id = queues.oldest(Queue::HalfOpen);
  if (id == SlotQueues::kNone)
    id = least_recent(queues.oldest(Queue::Open), queues.oldest(Queue::HalfClosed));
  if (id == SlotQueues::kNone) id = queues.oldest(Queue::KernelKnown);
  cut_short(id, out);
}

void ConnectionTable::Impl::cut_short(std::uint32_t id, EventBuffer& out) {
  ++counters.evicted;
  RecordContext context = record_context;
  context.evicted = true;
  emit(EventKind::Evicted, Side::None, clock.now(), slots[id], context, out);
  emit_record(id, context, out);
  forget(id);
}

/// If a queue is full, every new connection evicts the oldest slot of the queue. Prefetches the
/// slots that the next group will evict, and the index lines of those that this group will evict.
void ConnectionTable::Impl::prefetch_evictions(std::size_t evictions) {
  const Queue queue = queues.size(Queue::HalfOpen) + kGroup > half_open_share ? Queue::HalfOpen
                      : queues.full()                                         ? Queue::Remembered
                                                                              : Queue::None;
  if (queue == Queue::None) return;
  std::size_t ahead = 0;
  for (std::uint32_t id = queues.oldest(queue);
       id != SlotQueues::kNone && ahead < evictions + unmatched_ahead; id = queues.after(id)) {
    ++ahead <= evictions ? index.prefetch(hash_of(slots[id])) : prefetch(slots[id]);
  }
}

std::uint32_t ConnectionTable::Impl::least_recent(std::uint32_t a, std::uint32_t b) const {
  if (a == SlotQueues::kNone || b == SlotQueues::kNone) return a == SlotQueues::kNone ? b : a;
  return slots[a].last <= slots[b].last ? a : b;
}

}  // namespace synfin
