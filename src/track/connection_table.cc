// What arrives at the table: looking up, beginning, stepping. SYNs on a known tuple are in
// connection_table_reuse.cc, what falls due in connection_table_expiry.cc, what a full table gives
// up in connection_table_eviction.cc.
#include "synfin/track/connection_table.h"

#include <cassert>

#include "track/connection_table_impl.h"

namespace synfin {

ConnectionTable::ConnectionTable(const TableOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
ConnectionTable::~ConnectionTable() = default;

std::size_t ConnectionTable::observe(std::span<const Segment> segments, EventBuffer& out) noexcept {
  return impl_->observe(segments, out);
}
std::size_t ConnectionTable::observe(std::span<const Segment> segments, std::span<SegmentKey> keys,
                                     EventBuffer& out) noexcept {
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
      lifecycle(o.scope, details),
      tells(o.events.has(EventKind::Open) || o.events.has(EventKind::Fin) ||
            o.events.has(EventKind::Close)) {}

std::size_t ConnectionTable::Impl::memory() const {
  return sizeof(*this) + index.memory() + queues.memory() + details.memory() +
         options.max_connections * sizeof(Slot);
}

bool ConnectionTable::Impl::holds(const Slot& slot, const Segment& s, const SegmentKey& key) const {
  const unsigned from = key.sender;
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

std::uint32_t ConnectionTable::Impl::find(const Segment& s, const SegmentKey& key) const {
  return key.guess != SlotQueues::kNone && holds(slots[key.guess], s, key) ? key.guess
                                                                           : search(s, key);
}

std::uint32_t ConnectionTable::Impl::search(const Segment& s, const SegmentKey& key) const {
  return index.find(key.hash, [&](std::uint32_t id) { return holds(slots[id], s, key); })
      .value_or(SlotQueues::kNone);
}

/// Where nobody has found the keys ahead, finds them.
std::size_t ConnectionTable::Impl::observe(std::span<const Segment> segments, EventBuffer& out) {
  for (std::size_t done = 0; done < segments.size();) {
    const auto some = segments.subspan(done, std::min(own_keys.size(), segments.size() - done));
    for (std::size_t i = 0; i < some.size(); ++i) keys.find(some[i], own_keys[i]);
    const std::size_t applied = observe(some, std::span(own_keys).first(some.size()), out);
    done += applied;
    if (applied < some.size()) return done;
  }
  return segments.size();
}

/// In groups and in three steps, so that the cache misses of a group overlap instead of adding up:
/// while one group is applied, the slots of the next and the index lines of the one behind it are
/// on their way.
std::size_t ConnectionTable::Impl::observe(std::span<const Segment> segments,
                                           std::span<SegmentKey> found, EventBuffer& out) {
  assert(segments.size() == found.size());
  const auto group_at = [&](std::size_t at) {
    at = std::min(at, found.size());
    return found.subspan(at, std::min(kGroup, found.size() - at));
  };
  const auto ask_for_index = [&](std::span<const SegmentKey> group) {
    for (const SegmentKey& key : group) index.prefetch(key.hash);
  };
  ask_for_index(group_at(0));
  ask_for_index(group_at(kGroup));
  newcomers = guess_slots(group_at(0));
  for (std::size_t done = 0; done < segments.size();) {
    const std::size_t end = done + group_at(done).size();
    ask_for_index(group_at(end + kGroup));
    const std::size_t arriving = newcomers;
    newcomers = guess_slots(group_at(end));
    prefetch_evictions(arriving);
    for (; done < end; ++done) {
      const Segment& segment = segments[done];
      if (begun == ExpiryProgress::No) clock.advance(segment.time);
      if (begun != ExpiryProgress::Expired && tick(clock.now()) > tick(next_due) &&
          !expire(clock.now(), out)) {
        begun = ExpiryProgress::Clock;
        return done;
      }
      begun = ExpiryProgress::Expired;
      if (out.room() < kMaxEventsPerSegment) return done;
      observe_one(segment, found[done], out);
      begun = ExpiryProgress::No;
    }
  }
  return segments.size();
}

/// How many of them seem to be of no connection that is known.
std::size_t ConnectionTable::Impl::guess_slots(std::span<SegmentKey> found) const {
  std::size_t unknown = 0;
  for (SegmentKey& key : found) {
    key.guess = index.guess(key.hash).value_or(SlotQueues::kNone);
    if (key.guess == SlotQueues::kNone) {
      ++unknown;
      continue;
    }
    prefetch(slots[key.guess]);
    queues.prefetch(key.guess);
  }
  return unknown;
}

void ConnectionTable::Impl::observe_one(const Segment& s, const SegmentKey& key, EventBuffer& out) {
  ++counters.segments;
  if (options.drop_copies && copies.is_copy(s)) [[unlikely]] {
    ++counters.copies;
    return;
  }
  const std::uint32_t id = find(s, key);
  if (s.kind == SegmentKind::IcmpError) [[unlikely]] {
    id != SlotQueues::kNone ? icmp_error(id, s, key.sender, out) : void(++counters.icmp_unmatched);
  } else if (id != SlotQueues::kNone) [[likely]] {
    observe_known(id, s, key.sender, out);
  } else {
    begin(allocate(s, key, out), s, key.sender, out);
  }
}

std::uint32_t ConnectionTable::Impl::allocate(const Segment& s, const SegmentKey& key,
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
  const unsigned from = key.sender;
  slot.address[from] = s.tuple.orig.address;
  slot.address[from ^ 1u] = s.tuple.resp.address;
  slot.port[from] = s.tuple.orig.port;
  slot.port[from ^ 1u] = s.tuple.resp.port;
  index.insert(key.hash, id);
  return id;
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
  } else {
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
  const LifecycleEvents happenings = lifecycle.apply(slot, s, sender);
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
  if (slot.side_flags[0].kernel_known) return Queue::KernelKnown;
  if (slot.state(0) == EndState::Closed || slot.state(1) == EndState::Closed) {
    return Queue::HalfClosed;
  }
  if (options.scope == PacketScope::Control && slot.flags.synack_repeated &&
      !slot.flags.handshake) {
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
  const bool by_epoch = to == Queue::Open || to == Queue::KernelKnown;
  const bool moves = to != from || (by_epoch && epoch(last_before) != epoch(slot.last)) ||
                     (to == Queue::HalfClosed && last_before != slot.last);
  if (moves) move_to(to, id);
}

/// Does the everyday packet the short way. False, and nothing done, where it is any other.
bool ConnectionTable::Impl::observe_fast_path(std::uint32_t id, const Segment& s, unsigned sender,
                                              EventBuffer& out) {
  Slot& slot = slots[id];
  const Timestamp last = slot.last;
  // A jump of the clock is not believed at once, and who is overdue ends first.
  if (s.time > clock.now() || s.time > due(slot)) [[unlikely]]
    return false;
  FastPath did = FastPath::Counted;
  if ((s.flags & kSyn) == 0) {
    did = lifecycle.apply_fast_path(slot, s, sender);
  } else if (!lifecycle.apply_first_synack(slot, s, sender)) {
    did = FastPath::No;
  } else if (options.scope == PacketScope::Control) {
    did = FastPath::Opened;
  }
  if (did == FastPath::No) [[unlikely]]
    return false;
  if (did == FastPath::Trailing) return true;
  if (did != FastPath::Counted) {
    tell(did, id, s, sender, out);
    requeue(id, last);
  } else if (slot.queue() != Queue::HalfOpen &&
             (slot.queue() != Queue::Open || epoch(last) != epoch(s.time))) {
    requeue(id, last);
  }
  return true;
}

void ConnectionTable::Impl::tell(FastPath did, std::uint32_t id, const Segment& s, unsigned sender,
                                 EventBuffer& out) {
  const Slot& slot = slots[id];
  open -= slot.flags.ended;
  if (!tells) return;
  const Side side = sender == slot.orig() ? Side::Orig : Side::Resp;
  const auto say = [&](EventKind kind) { emit(kind, side, s.time, slot, verdict, out); };
  if (did == FastPath::Opened || did >= FastPath::OpenedAndHalfClosed) say(EventKind::Open);
  if (did == FastPath::HalfClosed || did == FastPath::OpenedAndHalfClosed) say(EventKind::Fin);
  if (did == FastPath::Closed || did == FastPath::OpenedAndClosed) say(EventKind::Close);
}

void ConnectionTable::Impl::observe_known(std::uint32_t id, const Segment& s, unsigned sender,
                                          EventBuffer& out) {
  const Slot& slot = slots[id];
  if (slot.queue() != Queue::Remembered && observe_fast_path(id, s, sender, out)) [[likely]]
    return;
  observe_unusual(id, s, sender, out);
}

void ConnectionTable::Impl::observe_unusual(std::uint32_t id, const Segment& s, unsigned sender,
                                            EventBuffer& out) {
  Slot& slot = slots[id];
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
                                 const RecordContext& context, EventBuffer& out) {
  if (options.events.has(kind)) write_event(kind, side, time, slot, context, out);
}

void ConnectionTable::Impl::write_event(EventKind kind, Side side, Timestamp time, const Slot& slot,
                                        const RecordContext& context, EventBuffer& out) {
  out.tell({kind, side, time}, slot, details.of(slot), encapsulations.at(slot.flags.encapsulation),
           context);
}

}  // namespace synfin
