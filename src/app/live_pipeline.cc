// See live_pipeline.h.
#include "app/live_pipeline.h"

#include <thread>
#include <utility>

#include "synfin/base/thread.h"
#include "synfin/base/wall_clock.h"
#include "synfin/view/signals.h"

namespace synfin {
namespace {

/// 6 MiB of events: what a busy server emits in some seconds, in case the terminal is slow.
constexpr std::size_t kLiveBuffers = 64;
constexpr std::size_t kLiveEventsEach = 256;

/// Packets may arrive this long after their time stamps. While none arrives, the clock stays this
/// far behind the wall clock.
constexpr Duration kLag = std::chrono::milliseconds{500};
/// The wall clock is not further behind the packets than this, unless it was set back.
constexpr Duration kSetBack = std::chrono::seconds{2};
constexpr auto kWakeInterval = std::chrono::milliseconds{250};

}  // namespace

LivePipeline::LivePipeline(PipelineOptions options, PacketSource& source, EventDispatcher& outputs,
                           PacketThreadChannel& channel, std::optional<Duration> duration)
    : PacketPipeline(std::move(options), source, outputs, channel),
      ring_(channel.events.emplace(kLiveBuffers, kLiveEventsEach)),
      duration_(duration) {
  channel.gauges.buffers_limit.store(kLiveBuffers, std::memory_order_relaxed);
}

void LivePipeline::run() {
  std::thread output([this] { deliver_events(); });
  try {
    read_packets();
  } catch (...) {
    exception_.store(std::current_exception());
  }
  ring_.close();
  output.join();
  exception_.rethrow();
}

void LivePipeline::read_packets() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = duration_ ? Clock::now() + *duration_ : Clock::time_point::max();
  Clock::time_point wake = Clock::now();
  Clock::time_point before = wake;
  SegmentBatch batch;
  buffer_ = ring_.take_empty();
  while (buffer_ != nullptr && reader_.read(batch)) {
    const Clock::time_point now = Clock::now();
    if (now >= end) source_.interrupt();  // once more reads what the kernel holds
    track(batch.segments());
    if (batch.packets == 0) advance_clock(now - before);
    before = now;
    const Timestamp seen = batch.packets > 0 ? batch.last_packet : wall_clock();
    apply_socket_updates(seen - kLag);
    channel_.snapshot.answer(table_, seen);
    channel_.stored.answer(table_, seen);
    // An empty buffer wakes the output thread, which has periodic work of its own.
    if (buffer_ != nullptr && (!buffer_->empty() || now >= wake)) {
      table_.hold(!try_hand_over() && !buffer_->empty());
      wake = now + kWakeInterval;
    }
    publish_gauges();
  }
  drain();
}

void LivePipeline::track(std::span<const Segment> segments) {
  while (!segments.empty() && buffer_ != nullptr) {
    segments = segments.subspan(table_.observe(segments, *buffer_));
    if (!segments.empty()) make_room();
  }
}

/// Called if no packet has arrived for `passed`: ends the connections that are due by the wall
/// clock. If that was set back, time continues as it passes.
void LivePipeline::advance_clock(Duration passed) {
  Timestamp now = wall_clock() - kLag;
  if (now < table_.now() - kSetBack) now = table_.now() + passed;
  if (buffer_ == nullptr || now <= table_.now()) return;
  while (!table_.expire(now, *buffer_)) {
    if (!try_hand_over()) return;
  }
}

/// Applies each of the kernel's socket updates after all packets that are older than it.
void LivePipeline::apply_socket_updates(Timestamp seen) {
  const auto apply = [this](std::span<const KnownConnection> rest, auto change) {
    while (!rest.empty() && buffer_ != nullptr) {
      rest = rest.subspan((table_.*change)(rest, *buffer_));
      if (!rest.empty()) make_room();
    }
  };
  while (const auto updates = channel_.requests.take(seen)) {
    apply(updates->open, &ConnectionTable::adopt);
    apply(updates->gone, &ConnectionTable::mark_gone);
  }
}

/// Returns false if the output thread has all other buffers; this one is then filled further.
bool LivePipeline::try_hand_over() {
  EventBuffer* next = ring_.try_exchange();
  if (next == nullptr) return false;
  buffer_ = next;
  channel_.gauges.buffers_filled.fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// Waits for an empty buffer. Null if the output thread has failed.
void LivePipeline::hand_over() {
  ring_.hand_over();
  channel_.gauges.buffers_filled.fetch_add(1, std::memory_order_relaxed);
  buffer_ = ring_.take_empty();
}

/// Called if the buffer is full. If the ring is full too, drops events by kind. If records fill the
/// buffer, the table had to evict, and this waits for the output thread.
void LivePipeline::make_room() {
  if (try_hand_over()) return;
  table_.hold(true);
  const std::size_t dropped = losses_.make_room(*buffer_, table_.now());
  channel_.gauges.dropped_ring.fetch_add(dropped, std::memory_order_relaxed);
  if (buffer_->room() < ConnectionTable::kMaxEventsPerSegment) hand_over();
}

void LivePipeline::publish_gauges() {
  Gauges& gauges = channel_.gauges;
  gauges.rounds.fetch_add(1, std::memory_order_relaxed);
  gauges.packets.store(reader_.gate().received(), std::memory_order_relaxed);
  const DropCounters drops = source_.drops();
  losses_.note_dropped_packets(table_.now(), drops.kernel + drops.interface);
  gauges.dropped.store(drops.kernel + drops.interface, std::memory_order_relaxed);
  publish_ledger();
  publish_table();
}

/// Writes the remaining records at the end of the run. It waits for the output thread instead of
/// dropping events.
void LivePipeline::drain() {
  table_.hold(false);
  const Timestamp now = wall_clock() - kLag;
  while (buffer_ != nullptr && reader_.gate().any() && now > table_.now() &&
         !table_.expire(now, *buffer_))
    hand_over();
  while (buffer_ != nullptr && !table_.drain(*buffer_)) hand_over();
  if (buffer_ != nullptr) ring_.hand_over();
}

/// The body of the output thread. If it fails, the packet thread ends too.
void LivePipeline::deliver_events() {
  unsigned reopened = reopen_requests();
  try {
    enter_thread_role(ThreadRole::Output);
    while (EventBuffer* buffer = ring_.take_full()) {
      const std::span<Event> events = buffer->events();
      if (options_.complete) options_.complete(events);
      outputs_.explain_and_count(events);
      outputs_.dispatch(events, ring_.is_half_full());
      if (const unsigned requests = reopen_requests(); requests != reopened) {
        reopened = requests;
        outputs_.reopen();
      }
      outputs_.tick(wall_clock());
      ring_.give_back();
      channel_.gauges.buffers_done.fetch_add(1, std::memory_order_relaxed);
    }
  } catch (...) {
    exception_.store(std::current_exception());
    source_.interrupt();
    ring_.abandon();
  }
}

}  // namespace synfin
