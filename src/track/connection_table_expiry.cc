// Time-outs, records, and the end of input. See connection_table_impl.h.
#include <algorithm>
#include <chrono>

#include "track/connection_table_impl.h"

namespace synfin {
namespace {

/// Connections whose time lies ahead of the clock are passed over in pieces of this size, so that
/// many of them cost no more than others.
constexpr std::uint32_t kMaxAhead = 64;
constexpr Duration kAheadInterval = std::chrono::seconds{1};

}  // namespace

Timestamp ConnectionTable::Impl::due(const Slot& slot) const {
  return saturating_add(waiting_since(slot), timeouts[static_cast<std::size_t>(slot.queue())]);
}

std::array<Duration, kQueues + 1> ConnectionTable::Impl::timeouts_of(const TableOptions& o) {
  const bool all = o.scope == PacketScope::All;
  std::array<Duration, kQueues + 1> timeouts;
  timeouts.fill(Duration::max());
  const auto set = [&](Queue queue, Duration timeout) {
    timeouts[static_cast<std::size_t>(queue)] = timeout;
  };
  set(Queue::HalfOpen, o.syn_timeout);
  set(Queue::Lingering, o.linger);
  if (all) set(Queue::Open, o.idle_timeout);
  if (all) set(Queue::Unproven, o.idle_timeout);
  if (all) set(Queue::HalfClosed, o.half_closed_timeout);
  return timeouts;
}

/// When expire() has to look at the queue of which `slot` is the head.
Timestamp ConnectionTable::Impl::head_due(const Slot& slot) const {
  return is_ahead(slot) ? saturating_add(clock.now(), kAheadInterval) : due(slot);
}

/// Moves connections at the head of a queue whose time lies ahead of the clock behind the others,
/// whose records would wait for them.
void ConnectionTable::Impl::pass_over_ahead(Queue queue) {
  for (std::uint32_t left = std::min(queues.size(queue), kMaxAhead); left > 0; --left) {
    const std::uint32_t id = queues.oldest(queue);
    if (!is_ahead(slots[id])) return;
    queues.remove(queue, id);
    queues.push(queue, id);
  }
}

bool ConnectionTable::Impl::expire(Timestamp now, EventBuffer& out) {
  if (held) return true;
  constexpr std::array kOrder{Queue::Lingering, Queue::HalfOpen, Queue::HalfClosed, Queue::Open,
                              Queue::Unproven};
  // If `out` was full, the next call continues in the same queue. Slots that a later queue has
  // moved into an earlier one wait for the next pass, as they would have with more room in `out`.
  if (expiring == kNotExpiring) {
    for (const Queue queue : kOrder) pass_over_ahead(queue);
    expiring = 0;
  }
  for (; expiring < kOrder.size(); ++expiring) {
    if (expire_queue(kOrder[expiring], now, out)) continue;
    next_due = Timestamp::min();
    return false;
  }
  expiring = kNotExpiring;
  next_due = Timestamp::max();
  for (const Queue queue : kOrder) {
    const std::uint32_t head = queues.oldest(queue);
    if (head != SlotQueues::kNone) next_due = std::min(next_due, head_due(slots[head]));
  }
  return true;
}

/// Ends connections that are due at the head of `queue`. Returns false if `out` is full before that
/// is done.
///
/// The oldest slots have left the cache, so they are prefetched a few connections ahead.
bool ConnectionTable::Impl::expire_queue(Queue queue, Timestamp now, EventBuffer& out) {
  std::array<std::uint32_t, kGroup> ahead;
  std::uint32_t cursor = SlotQueues::kNone;
  std::size_t seen = 0;
  std::size_t done = 0;
  for (;;) {
    // Starts at the head. When the queue has been processed it starts again, because a connection
    // that ended may have begun again at the tail.
    if (done == seen) cursor = queues.oldest(queue);
    for (; seen < done + kGroup && cursor != SlotQueues::kNone; cursor = queues.after(cursor)) {
      prefetch(slots[cursor]);
      ahead[seen++ % kGroup] = cursor;
    }
    if (done == seen) return true;
    const std::uint32_t id = ahead[done % kGroup];
    if (due(slots[id]) > now) return true;
    if (out.room() < kMaxEventsPerSegment) {
      return false;
    } else {
      end_due(id, out);
    }
    ++done;
  }
}

/// Ends a connection whose time-out has passed. REQUIRES: its record is not written.
void ConnectionTable::Impl::end_due(std::uint32_t id, EventBuffer& out) {
  Slot& slot = slots[id];
  settle(id, out);
  if (slot.flags.ended) {
    write_record(id, record_context, out);
    return;
  }
  const bool unanswered = slot.state(slot.resp()) == EndState::Inactive;
  const EventKind why = !slot.flags.syn && !slot.flags.opened ? EventKind::Backscatter
                        : slot.flags.syn && unanswered        ? EventKind::Unanswered
                                                              : EventKind::Timeout;
  if (has_lone_candidate(slot)) {
    begin_candidate(id, why, out);
  } else {
    end_now(id, why, due(slot), out);
  }
}

/// Ends a connection that no packet has ended, and writes its record.
void ConnectionTable::Impl::end_now(std::uint32_t id, EventKind why, Timestamp when,
                                    EventBuffer& out) {
  Slot& slot = slots[id];
  RecordContext context = record_context;
  context.reused = why == EventKind::Reused && !slot.flags.ended;
  const bool emitted = why == EventKind::Unanswered && slot.flags.unreachable;
  if (!slot.flags.ended && !emitted) emit(why, Side::None, when, slot, context, out);
  write_record(id, context, out);
}

/// Ends a connection that has a stored RST, because no segment has disproved it.
void ConnectionTable::Impl::settle(std::uint32_t id, EventBuffer& out) {
  Slot& slot = slots[id];
  if (!lifecycle.has_stored_rst(slot)) return;
  const bool open_before = slot.is_open();
  const Detail& d = *details.of(slot);
  const Timestamp time = d.rst.time;
  const Side side = d.rst.end == slot.orig() ? Side::Orig : Side::Resp;
  for (const EventKind kind : lifecycle.settle_rst(slot))
    emit(kind, side, time, slot, record_context, out);
  open -= open_before && !slot.is_open();
}

/// Writes the record and remembers the tuple.
void ConnectionTable::Impl::write_record(std::uint32_t id, const RecordContext& context,
                                         EventBuffer& out) {
  emit_record(id, context, out);
  if (queues.size(Queue::Remembered) >= kRememberedShare) forget_old();
  move_to(Queue::Remembered, id);
}

/// Forgets the tuples that were remembered first, a group at a time, so that their cache misses
/// overlap. They are in order of their ends, so the last one of the group decides.
void ConnectionTable::Impl::forget_old() {
  if (clock.now() < next_forget) return;
  std::array<std::uint32_t, kGroup> ids;
  std::uint32_t next = queues.oldest(Queue::Remembered);
  for (std::uint32_t& id : ids) {
    id = next;
    prefetch(slots[id]);
    next = queues.after(id);
  }
  next_forget = saturating_add(slots[ids.back()].last, kRemember);
  if (clock.now() < next_forget) return;
  std::array<std::uint64_t, kGroup> hashes;
  for (std::size_t i = 0; i < kGroup; ++i) index.prefetch(hashes[i] = hash_of(slots[ids[i]]));
  for (std::size_t i = 0; i < kGroup; ++i) forget(ids[i], hashes[i]);
}

/// Counts which kinds of packets the record shows.
void ConnectionTable::Impl::count_kinds(const Slot& slot) {
  const unsigned seen = slot.side_flags[0].history | slot.side_flags[1].history;
  counters.with_synack += slot.flags.synack;
  counters.with_fin += slot.flags.synack && (seen & kHistFin) != 0;
  counters.with_others += (seen & (kHistData | kHistAck)) != 0;
}

void ConnectionTable::Impl::emit_record(std::uint32_t id, const RecordContext& context,
                                        EventBuffer& out) {
  settle(id, out);
  Slot& slot = slots[id];
  open -= slot.is_open();
  if (const Detail* d = details.of(slot); d != nullptr && d->candidate.packets > 0) {
    add_candidate_to(slot, d->candidate);
  }
  // The clock may be late, because it advances with packets only. The due time counts.
  const Timestamp when = std::min(clock.now(), due(slot));
  emit(EventKind::Record, Side::None, when, slot, context, out);
  ++counters.records;
  count_kinds(slot);
  slot.flags.ended = 1;
  details.release(slot);
  slot.last = when;
}

/// Fills `draining`: ended connections before open ones, which are in order of (last packet, first
/// packet, key).
void ConnectionTable::Impl::collect_open() {
  struct OpenSlot {
    Timestamp last;
    Timestamp first;
    std::uint32_t id;
  };
  constexpr Queue kOpenQueues[] = {Queue::HalfOpen, Queue::Unproven, Queue::Open, Queue::HalfClosed,
                                   Queue::KernelKnown};
  std::size_t count = 0;
  for (const Queue queue : kOpenQueues) count += queues.size(queue);
  std::vector<OpenSlot> open_slots;
  open_slots.reserve(count);
  draining.reserve(count + queues.size(Queue::Lingering));
  for (const Queue queue : kOpenQueues) {
    for (std::uint32_t id = queues.oldest(queue); id != SlotQueues::kNone; id = queues.after(id)) {
      open_slots.push_back({slots[id].last, slots[id].first, id});
    }
  }
  const auto later = [this](const OpenSlot& a, const OpenSlot& b) {
    const Slot& x = slots[a.id];
    const Slot& y = slots[b.id];
    if (a.last != b.last) return a.last > b.last;
    if (a.first != b.first) return a.first > b.first;
    if (std::tie(x.address, x.port) != std::tie(y.address, y.port))
      return std::tie(x.address, x.port) > std::tie(y.address, y.port);
    if (x.transport() != y.transport()) return x.transport() > y.transport();
    // With --context-key, two connections may differ only in their VLAN or tunnel.
    return context_of(encapsulations.at(x.flags.encapsulation)) >
           context_of(encapsulations.at(y.flags.encapsulation));
  };
  std::sort(open_slots.begin(), open_slots.end(), later);
  for (const OpenSlot& place : open_slots) draining.push_back(place.id);
  const std::size_t open_count = draining.size();
  for (std::uint32_t id = queues.oldest(Queue::Lingering); id != SlotQueues::kNone;
       id = queues.after(id)) {
    draining.push_back(id);
  }
  std::reverse(draining.begin() + static_cast<std::ptrdiff_t>(open_count), draining.end());
}

bool ConnectionTable::Impl::drain(EventBuffer& out) {
  if (!drain_begun) {
    drain_begun = true;
    record_context.end_of_input = clock.now();
    collect_open();
  }
  while (!draining.empty()) {
    if (out.room() < kMaxEventsPerSegment) return false;
    if (draining.size() > kGroup) prefetch(slots[draining[draining.size() - 1 - kGroup]]);
    const std::uint32_t id = draining.back();
    if (has_lone_candidate(slots[id])) {
      begin_lone_candidate(id, out);  // `id` now holds the second attempt
      continue;
    }
    draining.pop_back();
    emit_record(id, record_context, out);
  }
  return true;
}

}  // namespace synfin
