// What arrives at the table: looking up, beginning, evicting. SYNs on a known tuple are in
// connection_table_reuse.cc, what falls due in connection_table_expiry.cc.
#include "synfin/track/connection_table.h"

#include "synfin/track/connection_table_impl.h"

namespace synfin {

ConnectionTable::ConnectionTable(const TableOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
ConnectionTable::~ConnectionTable() = default;

std::size_t ConnectionTable::observe(std::span<const Segment> segments, EventBuffer& out) noexcept {
  return impl_->observe(segments, {}, out);
}
std::size_t ConnectionTable::observe(std::span<const Segment> segments,
                                     std::span<const SegmentKey> keys, EventBuffer& out) noexcept {
  return impl_->observe(segments, keys, out);
}
const KeyFinder& ConnectionTable::key_finder() const { return impl_->keys; }
bool ConnectionTable::expire(Timestamp now, EventBuffer& out) noexcept {
  impl_->clock.advance(now);
  return impl_->expire(now, out);
}
void ConnectionTable::hold(bool on) { impl_->held = on; }
bool ConnectionTable::drain(EventBuffer& out) { return impl_->drain(out); }
const TableCounters& ConnectionTable::counters() const { return impl_->counters; }
std::size_t ConnectionTable::open() const { return impl_->open; }
Timestamp ConnectionTable::now() const { return impl_->clock.now(); }
std::size_t ConnectionTable::memory() const { return impl_->memory(); }

ConnectionTable::Impl::Impl(const TableOptions& o)
    : options(o),
      half_open_share(share_of(o.max_connections, 4)),
      remembered_share(share_of(o.max_connections, 16)),
      waits(waits_of(o)),
      keys(o),
      index(o.max_connections),
      queues(static_cast<std::uint32_t>(o.max_connections)),
      details(o.max_connections),
      slots(o.max_connections),
      copies(o.seed, o.copies_across_sources),
      lifecycle(o.diet, details) {}

std::size_t ConnectionTable::Impl::memory() const {
  return sizeof(*this) + index.memory() + queues.memory() + details.memory() +
         options.max_connections * sizeof(Slot);
}

bool ConnectionTable::Impl::holds(std::uint32_t id, const Segment& s, const Lookup& at) const {
  const Slot& slot = slots[id];
  const unsigned from = at.sender();
  const Address& a = slot.address[from];
  const Address& b = slot.address[from ^ 1u];
  // One branch instead of six, for the answer is nearly always yes.
  const std::uint64_t differs =
      (a.high() ^ s.tuple.orig.address.high()) | (a.low() ^ s.tuple.orig.address.low()) |
      (b.high() ^ s.tuple.resp.address.high()) | (b.low() ^ s.tuple.resp.address.low()) |
      static_cast<unsigned>(slot.port[from] ^ s.tuple.orig.port) |
      static_cast<unsigned>(slot.port[from ^ 1u] ^ s.tuple.resp.port);
  return differs == 0 && slot.queue() != Queue::None &&
         (!options.vlan_key ||
          encapsulations.at(slot.flags.encapsulation).vlan == s.encapsulation.vlan);
}

std::uint32_t ConnectionTable::Impl::find(const Segment& s, const Lookup& at) const {
  if (at.guess != SlotQueues::kNone && holds(at.guess, s, at)) return at.guess;
  return index.find(at.hash, [&](std::uint32_t id) { return holds(id, s, at); })
      .value_or(SlotQueues::kNone);
}

/// In groups and in three steps, so that the cache misses of a group overlap instead of adding up:
/// while one group is applied, the slots of the next and the index lines of the one behind it are
/// on their way.
std::size_t ConnectionTable::Impl::observe(std::span<const Segment> segments,
                                           std::span<const SegmentKey> known, EventBuffer& out) {
  const auto group_at = [&](std::size_t at) {
    at = std::min(at, segments.size());
    return segments.subspan(at, std::min(kGroup, segments.size() - at));
  };
  const auto look_up_at = [&](std::size_t at, Lookups& group) {
    look_up(group_at(at), known.subspan(std::min(at, known.size())), group);
  };
  look_up_at(0, lookups[0]);
  look_up_at(kGroup, lookups[1]);
  newcomers = guess_slots(group_at(0).size(), lookups[0]);
  for (std::size_t done = 0, turn = 0; done < segments.size(); turn = (turn + 1) % 3) {
    const auto group = group_at(done);
    look_up_at(done + 2 * kGroup, lookups[(turn + 2) % 3]);
    const std::size_t arriving = newcomers;
    newcomers = guess_slots(group_at(done + kGroup).size(), lookups[(turn + 1) % 3]);
    prefetch_evictions(arriving);
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (!clock_advanced) clock.advance(group[i].time);
      clock_advanced = true;
      if (tick(clock.now()) > tick(next_due) && !expire(clock.now(), out)) return done + i;
      if (out.room() < kMaxEventsPerSegment) return done + i;
      observe_one(group[i], lookups[turn][i], out);
      clock_advanced = false;
    }
    done += group.size();
  }
  return segments.size();
}

/// Where nobody has found the keys ahead, finds them.
void ConnectionTable::Impl::look_up(std::span<const Segment> group,
                                    std::span<const SegmentKey> known, Lookups& at) const {
  for (std::size_t i = 0; i < group.size(); ++i) {
    known.empty() ? keys.find(group[i], at[i]) : void(static_cast<SegmentKey&>(at[i]) = known[i]);
    index.prefetch(at[i].hash);
  }
}

/// How many of them seem to be of no connection that is known.
std::size_t ConnectionTable::Impl::guess_slots(std::size_t size, Lookups& at) const {
  std::size_t unknown = 0;
  for (std::size_t i = 0; i < size; ++i) {
    at[i].guess = index.guess(at[i].hash).value_or(SlotQueues::kNone);
    at[i].guess != SlotQueues::kNone ? prefetch(slots[at[i].guess]) : void(++unknown);
  }
  return unknown;
}

void ConnectionTable::Impl::observe_one(const Segment& s, const Lookup& at, EventBuffer& out) {
  ++counters.segments;
  if (options.drop_copies && copies.is_copy(s)) {
    ++counters.copies;
    return;
  }
  const std::uint32_t id = find(s, at);
  if (s.kind == SegmentKind::IcmpError) {
    id != SlotQueues::kNone ? icmp_error(id, s, at.sender(), out) : void(++counters.icmp_unmatched);
  } else if (id != SlotQueues::kNone) {
    observe_known(id, s, at.sender(), out);
  } else {
    begin(allocate(s, at, out), s, at.sender(), out);
  }
}

std::uint32_t ConnectionTable::Impl::allocate(const Segment& s, const Lookup& at,
                                              EventBuffer& out) {
  if (queues.size(Queue::HalfOpen) >= half_open_share) {
    cut_short(queues.oldest(Queue::HalfOpen), out);
  }
  std::uint32_t id = queues.take_free();
  if (id == SlotQueues::kNone) {
    evict(out);
    id = queues.take_free();
  }
  Slot& slot = slots[id];
  const unsigned from = at.sender();
  slot.address[from] = s.tuple.orig.address;
  slot.address[from ^ 1u] = s.tuple.resp.address;
  slot.port[from] = s.tuple.orig.port;
  slot.port[from ^ 1u] = s.tuple.resp.port;
  index.insert(at.hash, id);
  return id;
}

/// Frees one slot, the cheapest story first.
void ConnectionTable::Impl::evict(EventBuffer& out) {
  std::uint32_t id = queues.oldest(Queue::Remembered);
  if (id == SlotQueues::kNone) {
    id = queues.oldest(Queue::HalfOpen);
    if (id == SlotQueues::kNone) id = queues.oldest(Queue::Unacknowledged);
    if (id == SlotQueues::kNone)
      id = older(queues.oldest(Queue::Open), queues.oldest(Queue::HalfClosed));
    if (id == SlotQueues::kNone) id = queues.oldest(Queue::Vouched);
    if (id != SlotQueues::kNone) {
      cut_short(id, out);
      return;
    }
    // All that is left has ended: its record comes early, and is whole but for stragglers.
    id = queues.oldest(Queue::Lingering);
    tell_record(id, verdict, out);
  }
  forget(id);
}

void ConnectionTable::Impl::cut_short(std::uint32_t id, EventBuffer& out) {
  ++counters.evicted;
  VerdictContext context = verdict;
  context.evicted = true;
  emit(EventKind::Evicted, Side::None, clock.now(), slots[id], context, out);
  tell_record(id, context, out);
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

std::uint64_t ConnectionTable::Impl::hash_of(const Slot& slot) const {
  return keys.hash({slot.address[0], slot.port[0]}, {slot.address[1], slot.port[1]},
                   encapsulations.at(slot.flags.encapsulation));
}

void ConnectionTable::Impl::forget(std::uint32_t id, std::uint64_t key) {
  Slot& slot = slots[id];
  index.erase(key, id);
  queues.remove(slot.queue(), id);
  slot.flags.queue = static_cast<unsigned>(Queue::None) & 7u;
  queues.give_back(id);
}

void ConnectionTable::Impl::begin(std::uint32_t id, const Segment& s, unsigned sender,
                                  EventBuffer& out) {
  Slot& slot = slots[id];
  const bool plain = Lifecycle::is_plain_syn(s) && s.time <= clock.now();
  plain ? Lifecycle::begin_with_syn(slot, s, sender) : lifecycle.begin(slot, s, sender);
  slot.flags.encapsulation = encapsulations.id(s.encapsulation) & 0xFFFu;
  ++counters.connections;
  ++open;
  enter_queue(Queue::HalfOpen, id);
  if (!plain) {
    apply(id, s, sender, out);
  } else if (options.events.has(EventKind::Syn)) {
    emit(EventKind::Syn, Side::Orig, s.time, slot, verdict, out);
  }
}

/// A slot whose record is out begins another connection of the same key.
void ConnectionTable::Impl::begin_again(std::uint32_t id, const Segment& s, unsigned sender,
                                        EventBuffer& out) {
  queues.remove(slots[id].queue(), id);
  begin(id, s, sender, out);
}

void ConnectionTable::Impl::apply(std::uint32_t id, const Segment& s, unsigned sender,
                                  EventBuffer& out) {
  Slot& slot = slots[id];
  const Timestamp last_before = slot.last;
  const bool ended_before = slot.flags.ended;
  const Happenings happenings = lifecycle.apply(slot, s, sender);
  counters.forged_rst += happenings.forged_rst;
  if (s.time > clock.now()) slot.last = last_before;  // a jump that nothing has confirmed yet
  if (slot.flags.unreachable && sender != slot.orig()) {
    slot.flags.unreachable = 0;  // it answered after all
    slot.ack_rtt = PackedRtt{};
  }
  const Side side = sender == slot.orig() ? Side::Orig : Side::Resp;
  for (const EventKind kind : happenings) emit(kind, side, s.time, slot, verdict, out);
  if (slot.flags.ended && !ended_before) --open;
  if (!slot.flags.ended && ended_before) ++open;  // its RST has been disproved
  requeue(id, last_before);
}

Queue ConnectionTable::Impl::queue_for(const Slot& slot) const {
  if (slot.flags.ended) return Queue::Lingering;
  if (slot.side_flags[0].vouched) return Queue::Vouched;
  if (slot.state(0) == EndState::Closed || slot.state(1) == EndState::Closed) {
    return Queue::HalfClosed;
  }
  if (options.diet == Diet::Control && slot.flags.synack_repeated && !slot.flags.handshake) {
    return Queue::Unacknowledged;
  }
  return slot.flags.opened ? Queue::Open : Queue::HalfOpen;
}

void ConnectionTable::Impl::enter_queue(Queue queue, std::uint32_t id) {
  Slot& slot = slots[id];
  slot.flags.queue = static_cast<unsigned>(queue) & 7u;
  // Only the head of a queue falls due, so whoever comes behind others changes nothing yet.
  if (queues.oldest(queue) == SlotQueues::kNone) next_due = std::min(next_due, due(slot));
  queues.push(queue, id);
}

void ConnectionTable::Impl::move_to(Queue queue, std::uint32_t id) {
  queues.remove(slots[id].queue(), id);
  enter_queue(queue, id);
}

void ConnectionTable::Impl::requeue(std::uint32_t id, Timestamp last_before) {
  const Slot& slot = slots[id];
  const Queue from = slot.queue();
  const Queue to = queue_for(slot);
  // Open slots move to the tail once in an epoch and not with every packet: order to the epoch is
  // enough.
  const bool by_epoch = to == Queue::Open || to == Queue::Vouched;
  const bool moves = to != from || (by_epoch && epoch(last_before) != epoch(slot.last)) ||
                     (to == Queue::HalfClosed && last_before != slot.last);
  if (moves) move_to(to, id);
}

/// Does the everyday packet the short way. False, and nothing done, where it is any other.
bool ConnectionTable::Impl::observe_usual(std::uint32_t id, const Segment& s, unsigned sender,
                                          EventBuffer& out) {
  Slot& slot = slots[id];
  const Timestamp last = slot.last;
  // A jump of the clock is not believed at once, and who is overdue ends first.
  if (s.time > clock.now() || s.time > due(slot)) return false;
  Usual did = Usual::Counted;
  if ((s.flags & kSyn) == 0) {
    did = lifecycle.apply_usual(slot, s, sender);
  } else if (!lifecycle.apply_first_synack(slot, s, sender)) {
    did = Usual::No;
  } else if (options.diet == Diet::Control) {
    did = Usual::Opened;
  }
  if (did == Usual::No) return false;
  if (did == Usual::Trailing) return true;
  if (did != Usual::Counted) tell(did, id, s, sender, out);
  if (did != Usual::Counted || slot.queue() != Queue::Open || epoch(last) != epoch(s.time))
    requeue(id, last);
  return true;
}

void ConnectionTable::Impl::tell(Usual did, std::uint32_t id, const Segment& s, unsigned sender,
                                 EventBuffer& out) {
  const Slot& slot = slots[id];
  const Side side = sender == slot.orig() ? Side::Orig : Side::Resp;
  const auto say = [&](EventKind kind) { emit(kind, side, s.time, slot, verdict, out); };
  if (did == Usual::Opened || did >= Usual::OpenedAndHalfClosed) say(EventKind::Open);
  if (did == Usual::HalfClosed || did == Usual::OpenedAndHalfClosed) say(EventKind::Fin);
  if (did == Usual::Closed || did == Usual::OpenedAndClosed) {
    --open;
    say(EventKind::Close);
  }
}

void ConnectionTable::Impl::observe_known(std::uint32_t id, const Segment& s, unsigned sender,
                                          EventBuffer& out) {
  Slot& slot = slots[id];
  if (slot.queue() != Queue::Remembered && observe_usual(id, s, sender, out)) return;
  const Timestamp now = std::min(s.time, clock.now());  // a jump is not believed at once
  if (slot.queue() != Queue::Remembered && now > due(slot)) end_overdue(id, out);
  const bool opening = (s.flags & (kSyn | kFin | kRst)) == kSyn;
  if (slot.queue() == Queue::Remembered) {
    const bool forgotten = now > due(slot);
    if (forgotten || (opening && begins_anew(slot, s, sender))) begin_again(id, s, sender, out);
    return;
  }
  if (opening && handle_opening(id, s, sender, out)) return;
  if ((s.flags & kRst) != 0 && answers_candidate(slot, s, sender)) promote(id, out);
  apply(id, s, sender, out);
}

void ConnectionTable::Impl::icmp_error(std::uint32_t id, const Segment& s, unsigned sender,
                                       EventBuffer& out) {
  Slot& slot = slots[id];
  const bool explains = slot.queue() == Queue::HalfOpen && sender == slot.orig() &&
                        slot.state(sender) == EndState::SynSent &&
                        slot.state(slot.resp()) == EndState::Inactive &&
                        s.seq == slot.side[sender].start;
  if (!explains) {
    ++counters.icmp_unmatched;
    return;
  }
  if (slot.flags.unreachable) return;
  slot.flags.unreachable = 1;
  slot.ack_rtt.set(Duration{s.icmp_type << 8 | s.icmp_code});
  slot.side[slot.resp()].ttl = s.ttl;
  emit(EventKind::Unreachable, Side::None, s.time, slot, verdict, out);
}

void ConnectionTable::Impl::emit(EventKind kind, Side side, Timestamp time, const Slot& slot,
                                 const VerdictContext& context, EventBuffer& out) {
  if (!options.events.has(kind)) return;
  Event& event = out.append();
  event.kind = kind;
  event.side = side;
  event.time = time;
  fill_record(slot, details.of(slot), encapsulations.at(slot.flags.encapsulation), context,
              event.connection);
}

}  // namespace synfin
