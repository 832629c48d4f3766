// Segments: lookup, new connections, and steps of known ones. connection_table_reuse.cc handles
// SYNs on a known tuple, connection_table_queues.cc the queue of a slot, connection_table_expiry.cc
// time-outs, connection_table_eviction.cc a full table.
#include "synfin/track/connection_table.h"

#include <cassert>

#include "synfin/base/sequence.h"
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
  (void)impl_->clock.follow(now);
  return impl_->expire(now, out);
}
void ConnectionTable::hold(bool on) { impl_->held = on; }
bool ConnectionTable::drain(EventBuffer& out) { return impl_->drain(out); }
const TableCounters& ConnectionTable::counters() const {
  TableCounters& c = impl_->counters;
  c.unchecked_copies = impl_->copies.replaced_early();
  c.details_missing = impl_->details.missing();
  c.out_of_order = impl_->clock.disorder().packets;
  c.most_out_of_order = impl_->clock.disorder().most;
  c.contexts_shared = impl_->options.context_key && impl_->encapsulations.overflowed();
  // A scan or a flood has no other segments, either. Then no handshake is complete, so there is no
  // FIN, and the numbers of the RSTs are right.
  constexpr std::uint64_t kSeveral = 3;
  c.only_control_packets = impl_->options.scope == PacketScope::All && c.with_others == 0 &&
                           c.with_synack >= kSeveral && c.with_fin + c.forged_rst > 0;
  return c;
}
std::size_t ConnectionTable::open() const { return impl_->open; }
Timestamp ConnectionTable::now() const { return impl_->clock.now(); }
std::size_t ConnectionTable::memory() const { return impl_->memory(); }

ConnectionTable::Impl::Impl(const TableOptions& o)
    : options(o),
      half_open_share(share_of(o.max_connections, 4)),
      timeouts(timeouts_of(o)),
      keys(o),
      index(o.max_connections),
      queues(static_cast<std::uint32_t>(o.max_connections)),
      details(o.max_connections),
      slots(o.max_connections),
      copies(o.copies_across_sources),
      lifecycle(o.scope, details),
      wants_fast_path_events(o.events.has(EventKind::Open) || o.events.has(EventKind::Fin) ||
                             o.events.has(EventKind::Close)) {}

std::size_t ConnectionTable::Impl::memory() const {
  return sizeof(*this) + index.memory() + queues.memory() + details.memory() +
         options.max_connections * sizeof(Slot);
}

inline bool ConnectionTable::Impl::holds(const Slot& slot, const Segment& s,
                                         const SegmentKey& key) const {
  const unsigned from = key.sender;
  const Address& a = slot.address[from];
  const Address& b = slot.address[from ^ 1u];
  // One branch instead of six, because the result is nearly always true.
  const std::uint64_t differs =
      (a.high() ^ s.tuple.orig.address.high()) | (a.low() ^ s.tuple.orig.address.low()) |
      (b.high() ^ s.tuple.resp.address.high()) | (b.low() ^ s.tuple.resp.address.low()) |
      static_cast<unsigned>(slot.port[from] ^ s.tuple.orig.port) |
      static_cast<unsigned>(slot.port[from ^ 1u] ^ s.tuple.resp.port);
  return differs == 0 && slot.is_used_over(s.tuple.transport) &&
         (!options.context_key ||
          encapsulations.may_have_context(slot.flags.encapsulation, context_of(s.encapsulation)));
}

/// Inlined on the path of each packet, whatever the compiler thinks of its size.
[[gnu::always_inline]] inline std::uint32_t ConnectionTable::Impl::find(
    const Segment& s, const SegmentKey& key) const {
  return key.guess != SlotQueues::kNone && holds(slots[key.guess], s, key) ? key.guess
                                                                           : search(s, key);
}

std::uint32_t ConnectionTable::Impl::search(const Segment& s, const SegmentKey& key) const {
  const auto find_at = [&](std::uint64_t hash) {
    return index.find(hash, [&](std::uint32_t id) { return holds(slots[id], s, key); });
  };
  std::optional<std::uint32_t> id = find_at(key.hash);
  if (!id && options.context_key && encapsulations.overflowed()) id = find_at(shared_hash(s));
  return id.value_or(SlotQueues::kNone);
}

/// The hash of a segment whose encapsulation has no id of its own: hash_of() must find it, too.
std::uint64_t ConnectionTable::Impl::shared_hash(const Segment& s) const {
  return keys.hash(s.tuple.orig, s.tuple.resp, s.tuple.transport, {});
}

/// Finds the keys and observes the segments with them.
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

/// Works in groups and in three steps, so that the cache misses of a group overlap: while it
/// applies one group, it prefetches the slots of the next group and the index lines of the one
/// after.
std::size_t ConnectionTable::Impl::observe(std::span<const Segment> segments,
                                           std::span<SegmentKey> found, EventBuffer& out) {
  assert(segments.size() == found.size());
  const auto group_at = [&](std::size_t at) {
    at = std::min(at, found.size());
    return found.subspan(at, std::min(kGroup, found.size() - at));
  };
  const auto prefetch_index = [&](std::span<const SegmentKey> group) {
    for (const SegmentKey& key : group) index.prefetch(key.hash);
  };
  prefetch_index(group_at(0));
  prefetch_index(group_at(kGroup));
  unmatched_ahead = guess_slots(group_at(0));
  for (std::size_t done = 0; done < segments.size();) {
    const std::size_t end = done + group_at(done).size();
    prefetch_index(group_at(end + kGroup));
    const std::size_t unmatched = unmatched_ahead;
    unmatched_ahead = guess_slots(group_at(end));
    prefetch_evictions(unmatched);
    for (; done < end; ++done) {
      if (!prepare_for(segments[done], out)) [[unlikely]]
        return done;
      observe_one(segments[done], found[done], out);
    }
  }
  return segments.size();
}

/// Sets the clock to the time of the next segment and ends the connections due before it. False if
/// `out` is too full for this or for the events of the segment; then the next call continues.
inline bool ConnectionTable::Impl::prepare_for(const Segment& next, EventBuffer& out) {
  if (progress == ExpiryProgress::None) [[likely]] {
    if (clock.advance(next.time)) [[unlikely]]
      next_due = Timestamp::min();
    if (tick(clock.now()) <= tick(next_due) && out.room() >= kMaxEventsPerSegment) [[likely]]
      return true;
  }
  return end_due_connections(out);
}

/// The part of prepare_for() after the clock is set, if there is something to do.
bool ConnectionTable::Impl::end_due_connections(EventBuffer& out) {
  if (progress != ExpiryProgress::Expired && tick(clock.now()) > tick(next_due) &&
      !expire(clock.now(), out)) {
    progress = ExpiryProgress::Clock;
    return false;
  }
  const bool ready = out.room() >= kMaxEventsPerSegment;
  progress = ready ? ExpiryProgress::None : ExpiryProgress::Expired;
  return ready;
}

/// Guesses the slot of each key and prefetches it. Returns how many keys have none.
std::size_t ConnectionTable::Impl::guess_slots(std::span<SegmentKey> found) const {
  std::size_t unmatched = 0;
  for (SegmentKey& key : found) {
    key.guess = index.guess(key.hash).value_or(SlotQueues::kNone);
    if (key.guess == SlotQueues::kNone) {
      ++unmatched;
      continue;
    }
    prefetch(slots[key.guess]);
    queues.prefetch(key.guess);
  }
  return unmatched;
}

void ConnectionTable::Impl::observe_one(const Segment& s, const SegmentKey& key, EventBuffer& out) {
  ++counters.segments;
  if (copies.is_copy(s, key.hash)) [[unlikely]] {
    ++counters.copies;
    return;
  }
  if (s.encapsulation != Encapsulation{} && !options.context_key && overlap.is_overlap(s))
      [[unlikely]]
    ++counters.context_overlaps;
  const std::uint32_t id = find(s, key);
  if (s.kind == SegmentKind::IcmpError) [[unlikely]] {
    id != SlotQueues::kNone ? icmp_error(id, s, key.sender, out) : void(++counters.icmp_unmatched);
  } else if (id != SlotQueues::kNone) [[likely]] {
    observe_known(id, s, key.sender, out);
  } else {
    begin(allocate(s, key, out), s, key.sender, out);
  }
}

void ConnectionTable::Impl::begin(std::uint32_t id, const Segment& s, unsigned sender,
                                  EventBuffer& out) {
  Slot& slot = slots[id];
  const bool plain = Lifecycle::is_plain_syn(s) && s.time <= clock.now();
  plain ? Lifecycle::begin_with_syn(slot, s, sender) : lifecycle.begin(slot, s, sender);
  slot.flags.encapsulation = encapsulations.id(s.encapsulation) & 0xFFFu;
  lifecycle.note_responder(s);
  ++counters.connections;
  open += slot.is_open();
  enter_queue(Queue::HalfOpen, id);
  if (!plain) {
    apply(id, s, sender, out);
  } else {
    emit(EventKind::Syn, Side::Orig, s.time, slot, record_context, out);
  }
}

/// Begins another connection of the same key in a slot whose record is written.
void ConnectionTable::Impl::begin_again(std::uint32_t id, const Segment& s, unsigned sender,
                                        EventBuffer& out) {
  queues.remove(slots[id].queue(), id);
  begin(id, s, sender, out);
}

/// Remembers the silence that `s` ended, because an RST may answer it.
void ConnectionTable::Impl::note_silence(Slot& slot, const Segment& s, unsigned sender,
                                         Timestamp last_before) {
  const Duration silence = saturating_sub(s.time, last_before);
  if (silence < kMinIdle || !slot.flags.opened || options.scope != PacketScope::All) return;
  if ((s.flags & kRst) != 0 || slot.flags.ended) return;
  if (Detail* d = details.ensure_if_three_quarters_free(slot)) {
    d->idle = silence;
    d->idle_end = milliseconds_of(s.time);
    d->idle_ender = static_cast<std::uint8_t>(sender);
    d->idle_peer_packets = static_cast<std::uint16_t>(slot.side[sender ^ 1u].packets());
  }
}

void ConnectionTable::Impl::apply(std::uint32_t id, const Segment& s, unsigned sender,
                                  EventBuffer& out) {
  Slot& slot = slots[id];
  const Timestamp last_before = slot.last;
  const bool open_before = slot.is_open();
  const LifecycleEvents events = lifecycle.apply(slot, s, sender);
  counters.forged_rst += events.forged_rst;
  counters.out_of_window += events.out_of_window;
  if (!clock.is_plausible(s.time)) slot.last = last_before;
  if (slot.flags.unreachable && sender != slot.orig()) {
    slot.flags.unreachable = 0;  // the host answered after the ICMP error
    slot.forget_icmp();
  }
  if (epoch(last_before) != epoch(s.time)) note_silence(slot, s, sender, last_before);
  const Side side = sender == slot.orig() ? Side::Orig : Side::Resp;
  for (const EventKind kind : events) emit(kind, side, s.time, slot, record_context, out);
  if (const bool open_after = slot.is_open(); open_after != open_before) {
    open_after ? ++open : --open;  // a FIN may disprove an RST
  }
  requeue(id, last_before);
}

/// Applies a common segment. Returns false and changes nothing if the fast path does not apply.
bool ConnectionTable::Impl::observe_fast_path(std::uint32_t id, const Segment& s, unsigned sender,
                                              EventBuffer& out) {
  Slot& slot = slots[id];
  const Timestamp last = slot.last;
  // An unconfirmed jump of the clock, or a connection that must time out first.
  if (s.time > clock.now() || may_be_due(slot, s.time)) [[unlikely]]
    return false;
  FastPath result = FastPath::Counted;
  if ((s.flags & kSyn) == 0) {
    result = lifecycle.apply_fast_path(slot, s, sender);
  } else if (!lifecycle.apply_first_synack(slot, s, sender)) {
    result = FastPath::No;
  } else if (options.scope == PacketScope::Control) {
    result = FastPath::Opened;
  }
  if (result == FastPath::No) [[unlikely]]
    return false;
  if (result == FastPath::Trailing) return true;
  if (result != FastPath::Counted) {
    note_silence(slot, s, sender, last);
    emit_fast_path(result, id, s, sender, out);
    requeue(id, last);
  } else if (slot.queue() != Queue::HalfOpen &&
             (slot.queue() != Queue::Open || epoch(last) != epoch(s.time))) {
    note_silence(slot, s, sender, last);
    requeue(id, last);
  }
  return true;
}

void ConnectionTable::Impl::emit_fast_path(FastPath result, std::uint32_t id, const Segment& s,
                                           unsigned sender, EventBuffer& out) {
  const Slot& slot = slots[id];
  open -= slot.flags.ended;
  if (!wants_fast_path_events) return;
  const Side side = sender == slot.orig() ? Side::Orig : Side::Resp;
  const auto emit_kind = [&](EventKind kind) {
    emit(kind, side, s.time, slot, record_context, out);
  };
  if (result == FastPath::Opened || result >= FastPath::OpenedAndHalfClosed)
    emit_kind(EventKind::Open);
  if (result == FastPath::HalfClosed || result == FastPath::OpenedAndHalfClosed)
    emit_kind(EventKind::Fin);
  if (result == FastPath::Closed || result == FastPath::OpenedAndClosed)
    emit_kind(EventKind::Close);
}

void ConnectionTable::Impl::observe_known(std::uint32_t id, const Segment& s, unsigned sender,
                                          EventBuffer& out) {
  const Slot& slot = slots[id];
  if (slot.queue() != Queue::Remembered && observe_fast_path(id, s, sender, out)) [[likely]]
    return;
  observe_slow_path(id, s, sender, out);
}

/// True if `s` has no new sequence number although it takes some, and follows so soon that it may
/// be a copy.
bool ConnectionTable::Impl::repeats_at_once(const Slot& slot, const Segment& s, unsigned sender) {
  const std::uint32_t length = s.payload + ((s.flags & kSyn) != 0) + ((s.flags & kFin) != 0);
  return length > 0 && !seq_after(s.seq + length, slot.side[sender].last) && s.time >= slot.last &&
         s.time <= saturating_add(slot.last, CopyFilter::kWindow);
}

void ConnectionTable::Impl::observe_slow_path(std::uint32_t id, const Segment& s, unsigned sender,
                                              EventBuffer& out) {
  Slot& slot = slots[id];
  if (repeats_at_once(slot, s, sender)) copies.note_repeat(counters.segments);
  const Timestamp now = clock.is_plausible(s.time) ? s.time : clock.now();
  if (slot.queue() != Queue::Remembered && now > due(slot)) end_due(id, out);
  const bool opening = (s.flags & (kSyn | kFin | kRst)) == kSyn;
  if (slot.queue() == Queue::Remembered) {
    const bool anew =
        opening ? begins_anew(slot, s, sender) : !lifecycle.is_straggler(slot, s, sender);
    anew ? begin_again(id, s, sender, out) : void(++counters.late);
    return;
  }
  if (opening && handle_opening(id, s, sender, out)) return;
  if ((s.flags & kRst) != 0 && answers_candidate(slot, s, sender)) promote(id, out);
  apply(id, s, sender, out);
}

void ConnectionTable::Impl::icmp_error(std::uint32_t id, const Segment& s, unsigned sender,
                                       EventBuffer& out) {
  Slot& slot = slots[id];
  if (is_candidate(slot, s.seq, sender) && has_lone_candidate(slot)) begin_lone_candidate(id, out);
  const bool matches = slot.queue() == Queue::HalfOpen && sender == slot.orig() &&
                       slot.state(sender) == EndState::SynSent &&
                       slot.state(slot.resp()) == EndState::Inactive &&
                       s.seq == slot.side[sender].start;
  if (!matches) {
    ++counters.icmp_unmatched;
    return;
  }
  if (slot.flags.unreachable) return;
  open -= slot.is_open();
  slot.flags.unreachable = 1;
  slot.set_icmp(s.icmp_type, s.icmp_code);
  slot.set_end_ttl(s.ttl);
  if (Detail* d = details.ensure_if_half_free(slot)) d->icmp_sender = s.icmp_sender();
  emit(EventKind::Unreachable, Side::None, s.time, slot, record_context, out);
}

void ConnectionTable::Impl::emit(EventKind kind, Side side, Timestamp time, const Slot& slot,
                                 const RecordContext& context, EventBuffer& out) {
  if (options.events.has(kind)) write_event(kind, side, time, slot, context, out);
}

void ConnectionTable::Impl::write_event(EventKind kind, Side side, Timestamp time, const Slot& slot,
                                        const RecordContext& context, EventBuffer& out) {
  out.append({kind, side, time}, slot, details.of(slot),
             encapsulations.at(slot.flags.encapsulation), context);
}

}  // namespace synfin
