/// \file
/// ConnectionTable::Impl: the parts of the table and the functions that connect them. Only the
/// files that implement ConnectionTable include it.
///
/// Invariants: every slot in use is in the index and in the queue that its flags name; `open`
/// counts the slots with Slot::is_open(); the record of a slot is written once, when the slot
/// becomes Remembered, is evicted, or is drained.
#pragma once

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include "synfin/base/prefetch.h"
#include "synfin/stats/lazy_array.h"
#include "synfin/track/connection_table.h"
#include "synfin/track/key_index.h"
#include "track/context_overlap.h"
#include "track/copy_filter.h"
#include "track/detail_pool.h"
#include "track/encapsulation_ids.h"
#include "track/fill_record.h"
#include "track/lifecycle.h"
#include "track/slot.h"
#include "track/slot_queues.h"
#include "track/timer_clock.h"

namespace synfin {

struct ConnectionTable::Impl {
  explicit Impl(const TableOptions& o);

  /// The number of segments whose cache misses overlap.
  static constexpr std::size_t kGroup = 16;

  /// The steps that observe() has completed for the next segment. If `out` is full it stops between
  /// two steps, and its next call must not repeat one.
  enum class ExpiryProgress : std::uint8_t {
    None,
    Clock,    ///< the clock is at the time of the segment
    Expired,  ///< and the connections due before it have ended
  };

  std::size_t observe(std::span<const Segment> segments, EventBuffer& out);
  std::size_t observe(std::span<const Segment> segments, std::span<SegmentKey> found,
                      EventBuffer& out);
  bool prepare_for(const Segment& next, EventBuffer& out);
  [[gnu::noinline]] bool end_due_connections(EventBuffer& out);
  void observe_one(const Segment& s, const SegmentKey& key, EventBuffer& out);
  void observe_known(std::uint32_t id, const Segment& s, unsigned sender, EventBuffer& out);
  [[gnu::noinline]] void observe_slow_path(std::uint32_t id, const Segment& s, unsigned sender,
                                           EventBuffer& out);
  static bool repeats_at_once(const Slot& slot, const Segment& s, unsigned sender);
  bool observe_fast_path(std::uint32_t id, const Segment& s, unsigned sender, EventBuffer& out);
  void emit_fast_path(FastPath result, std::uint32_t id, const Segment& s, unsigned sender,
                      EventBuffer& out);
  bool handle_opening(std::uint32_t id, const Segment& s, unsigned sender, EventBuffer& out);
  static bool begins_anew(const Slot& slot, const Segment& s, unsigned sender);
  void set_direction(Slot& slot, unsigned orig, bool synack);
  void icmp_error(std::uint32_t id, const Segment& s, unsigned sender, EventBuffer& out);

  bool answers_candidate(const Slot& slot, const Segment& s, unsigned sender) const;
  bool is_candidate(const Slot& slot, std::uint32_t isn, unsigned sender) const;
  bool has_lone_candidate(const Slot& slot) const;
  void begin_lone_candidate(std::uint32_t id, EventBuffer& out);
  bool note_candidate(std::uint32_t id, const Segment& s, unsigned sender, EventBuffer& out);
  static void add_candidate_to(Slot& slot, const SynCandidate& c);
  void promote(std::uint32_t id, EventBuffer& out);
  void begin_candidate(std::uint32_t id, EventKind why, EventBuffer& out);

  std::size_t guess_slots(std::span<SegmentKey> found) const;
  bool holds(const Slot& slot, const Segment& s, const SegmentKey& key) const;
  std::uint32_t find(const Segment& s, const SegmentKey& key) const;
  [[gnu::noinline]] std::uint32_t search(const Segment& s, const SegmentKey& key) const;
  std::uint64_t hash_of(const Slot& slot) const;
  std::uint64_t shared_hash(const Segment& s) const;
  static void prefetch(const Slot& slot) {
    prefetch_line(&slot);
    prefetch_line(reinterpret_cast<const char*>(&slot) + 64);
    prefetch_line(reinterpret_cast<const char*>(&slot) + sizeof(Slot) - 1);
  }

  std::uint32_t allocate(const Segment& s, const SegmentKey& key, EventBuffer& out);
  void evict(EventBuffer& out);
  void cut_short(std::uint32_t id, EventBuffer& out);
  void prefetch_evictions(std::size_t evictions);
  std::uint32_t least_recent(std::uint32_t a, std::uint32_t b) const;
  void forget(std::uint32_t id) { forget(id, hash_of(slots[id])); }
  void forget(std::uint32_t id, std::uint64_t key);
  void begin(std::uint32_t id, const Segment& s, unsigned sender, EventBuffer& out);
  void begin_again(std::uint32_t id, const Segment& s, unsigned sender, EventBuffer& out);
  void note_silence(Slot& slot, const Segment& s, unsigned sender, Timestamp last_before);
  void apply(std::uint32_t id, const Segment& s, unsigned sender, EventBuffer& out);
  bool is_unproven(const Slot& slot) const;
  Queue queue_for(const Slot& slot) const;
  void enter_queue(Queue queue, std::uint32_t id);
  void move_to(Queue queue, std::uint32_t id);
  void requeue(std::uint32_t id, Timestamp last_before);

  std::size_t snapshot(std::span<ConnectionRecord> out) const;

  void adopt(const KnownConnection& known, EventBuffer& out);
  void mark_gone(const KnownConnection& gone, EventBuffer& out);
  void set_kernel_known(std::uint32_t id, bool known);

  /// When the time-out of `slot` began.
  static Timestamp waiting_since(const Slot& slot) {
    // This selects without a branch, because the branch would be mispredicted often.
    const std::int64_t first = to_ns(slot.first);
    const std::int64_t last = to_ns(slot.last);
    return timestamp_from_ns(last ^
                             ((first ^ last) & -std::int64_t{slot.queue() == Queue::HalfOpen}));
  }
  /// When `slot` times out by the rules of its queue; Timestamp::max() for never.
  Timestamp due(const Slot& slot) const;
  /// True if `slot` is due before `now`, or if its time-out began after `now`. The arithmetic is
  /// unsigned, so that no difference overflows.
  bool may_be_due(const Slot& slot, Timestamp now) const {
    const auto waited = static_cast<std::uint64_t>(to_ns(now)) -
                        static_cast<std::uint64_t>(to_ns(waiting_since(slot)));
    const Duration timeout = timeouts[static_cast<std::size_t>(slot.queue())];
    return waited > static_cast<std::uint64_t>(timeout.count());
  }
  static std::array<Duration, kQueues + 1> timeouts_of(const TableOptions& o);
  /// True if the time of `slot` lies ahead of the clock: it is wrong, or the clock was set back.
  bool is_ahead(const Slot& slot) const {
    return waiting_since(slot) > saturating_add(clock.now(), TimerClock::kDisorder);
  }
  Timestamp head_due(const Slot& slot) const;
  void pass_over_ahead(Queue queue);
  bool expire(Timestamp now, EventBuffer& out);
  bool expire_queue(Queue queue, Timestamp now, EventBuffer& out);
  void end_due(std::uint32_t id, EventBuffer& out);
  void end_now(std::uint32_t id, EventKind why, Timestamp when, EventBuffer& out);
  void settle(std::uint32_t id, EventBuffer& out);
  void write_record(std::uint32_t id, const RecordContext& context, EventBuffer& out);
  void count_kinds(const Slot& slot);
  void forget_old();
  void emit_record(std::uint32_t id, const RecordContext& context, EventBuffer& out);
  bool drain(EventBuffer& out);
  void collect_open();
  void emit(EventKind kind, Side side, Timestamp time, const Slot& slot,
            const RecordContext& context, EventBuffer& out);

  [[gnu::noinline]] void write_event(EventKind kind, Side side, Timestamp time, const Slot& slot,
                                     const RecordContext& context, EventBuffer& out);

  /// The clock in units of 17 ms. Connections due within the same unit end together.
  static std::int64_t tick(Timestamp t) { return to_ns(t) >> 24; }

  /// The resolution of the order of open connections, 17 s.
  static std::int64_t epoch(Timestamp t) { return to_ns(t) >> 34; }

  std::size_t memory() const;

  /// At most a quarter of the slots may be half-open, and as many unproven, so that a flood cannot
  /// fill the table.
  static std::size_t share_of(std::size_t max_connections, std::size_t part) {
    return std::max(max_connections / part, std::min<std::size_t>(max_connections, 16));
  }

  /// So many ended tuples are remembered until their slots are needed, and more of them for
  /// kRemember only, because fresh slots cost more time than used ones. A peer that is gone still
  /// gets the fifth retransmission of a FIN, 13 s after the first (RFC 6298 §5), within that time.
  static constexpr std::size_t kRememberedShare = 65'536;
  static constexpr Duration kRemember = std::chrono::seconds{20};

  TableOptions options;
  std::size_t half_open_share;
  std::array<Duration, kQueues + 1> timeouts;  ///< how long a slot may stay in each queue
  KeyFinder keys;
  KeyIndex index;
  SlotQueues queues;
  DetailPool details;
  LazyArray<Slot> slots;
  EncapsulationIds encapsulations;
  CopyFilter copies;
  ContextOverlap overlap;
  Lifecycle lifecycle;
  bool wants_fast_path_events;  ///< `options.events` has an event of the fast path
  TimerClock clock;
  RecordContext record_context{options.scope, false, false, std::nullopt};
  TableCounters counters;
  std::size_t open = 0;
  Timestamp next_forget = Timestamp::min();  ///< forget_old() finds nothing before this time
  Timestamp next_due = Timestamp::max();     ///< no head of a queue is due before this time
  static constexpr std::size_t kNotExpiring = SIZE_MAX;
  std::size_t expiring = kNotExpiring;             ///< the queue at which expire() continues
  ExpiryProgress progress = ExpiryProgress::None;  ///< of the next segment
  std::array<SegmentKey, 16 * kGroup> own_keys;    ///< for segments that are passed without keys
  std::size_t unmatched_ahead = 0;                 ///< segments of the next group without a slot
  std::vector<std::uint32_t> draining;  ///< slots that drain() has yet to write, in reverse order
  bool drain_begun = false;
  bool held = false;
};

}  // namespace synfin
