// See live_pipeline.h.
#include "app/live_pipeline.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

#include "app/packet_ledger.h"
#include "app/pipeline.h"
#include "app/signals.h"
#include "app/socket_watch.h"

namespace synfin {
namespace {

/// 6 MiB of events: seconds of a busy server's, should the terminal be slow.
constexpr std::size_t kBuffers = 64;
constexpr std::size_t kEventsEach = 256;

/// Packets may reach us so long after they were stamped; the clock that ticks without them stays
/// behind by as much.
constexpr Duration kLag = std::chrono::milliseconds{500};

constexpr auto kWakeEvery = std::chrono::milliseconds{250};

Timestamp wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return timestamp_from_ns(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

}  // namespace

LivePipeline::LivePipeline(const Options& options, PacketScope scope, PacketSource& source,
                           LiveExpression* expression, Outputs& outputs)
    : options_(options),
      scope_(scope),
      source_(source),
      expression_(expression),
      outputs_(outputs),
      gate_(options, nullptr),
      decoder_(DecodeOptions{.verify_checksums = options.verify_checksums}),
      table_(table_options(options, scope, outputs.wanted())),
      ring_(kBuffers, kEventsEach),
      segments_(kBatch) {}

void LivePipeline::run() {
  std::thread output([this] { write_outputs(); });
  read_packets();
  output.join();
}

void LivePipeline::read_packets() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end =
      options_.duration ? Clock::now() + *options_.duration : Clock::time_point::max();
  Clock::time_point wake = Clock::now();
  std::array<Packet, kBatch> packets;
  buffer_ = &ring_.take_empty();
  while (!gate_.done() && !source_.ended() && Clock::now() < end) {
    const std::size_t read = source_.next_batch(packets);
    use(std::span(packets).first(read));
    const Timestamp seen = read > 0 ? packets[read - 1].time : wall_clock();
    if (read == 0) tick();
    if (requests_ != nullptr) apply_socket_updates(seen - kLag);
    outputs_.table_snapshot().answer(table_, seen);
    if (packet_log_ != nullptr) packet_log_->poll(reopen_requests());
    // An empty buffer wakes the outputs, which have things of their own to look after.
    if (!buffer_->empty() || Clock::now() >= wake) {
      table_.hold(!hand_over() && !buffer_->empty());
      wake = Clock::now() + kWakeEvery;
    }
    show_gauges();
  }
  finish();
}

void LivePipeline::use(std::span<Packet> packets) {
  if (expression_ != nullptr) {
    const std::size_t kept = expression_->keep(packets);
    filtered_ += packets.size() - kept;
    packets = packets.first(kept);
  }
  packets = packets.first(gate_.pass(packets));
  const std::size_t decoded =
      packet_log_ != nullptr ? packet_log_->decode_and_keep(decoder_, scope_, packets, segments_)
                             : decoder_.decode(packets, segments_);
  track(without_data(std::span(segments_).first(decoded)));
}

/// What tunnels bring besides the packets that begin or end a connection.
std::span<const Segment> LivePipeline::without_data(std::span<Segment> segments) {
  if (scope_ == PacketScope::All) return segments;
  const auto end = std::remove_if(segments.begin(), segments.end(), is_data);
  without_control_ += static_cast<std::size_t>(segments.end() - end);
  return {segments.begin(), end};
}

void LivePipeline::track(std::span<const Segment> segments) {
  while (!segments.empty()) {
    segments = segments.subspan(table_.observe(segments, *buffer_));
    if (!segments.empty()) make_room();
  }
}

/// Nothing comes: what falls due by the clock on the wall ends all the same.
void LivePipeline::tick() {
  const Timestamp now = wall_clock() - kLag;
  if (now <= table_.now()) return;
  while (!table_.expire(now, *buffer_)) {
    if (!hand_over()) return;
  }
}

/// What the socket table said counts once all packets from before have been seen.
void LivePipeline::apply_socket_updates(Timestamp seen) {
  while (const auto news = requests_->take(seen)) {
    for (std::span<const KnownConnection> rest = news->open; !rest.empty();) {
      rest = rest.subspan(table_.adopt(rest, *buffer_));
      if (!rest.empty()) make_room();
    }
    for (std::span<const KnownConnection> rest = news->gone; !rest.empty();) {
      rest = rest.subspan(table_.mark_gone(rest, *buffer_));
      if (!rest.empty()) make_room();
    }
  }
}

/// False when the outputs have all buffers: this one is then filled further.
bool LivePipeline::hand_over() {
  EventBuffer* next = ring_.try_exchange();
  if (next != nullptr) buffer_ = next;
  return next != nullptr;
}

/// The buffer is full. Where the outputs cannot take it, what is for display only goes; where all
/// that is in it are records, which is when the table had to evict, the outputs are waited for.
void LivePipeline::make_room() {
  if (hand_over()) return;
  table_.hold(true);
  const std::size_t dropped = buffer_->keep_records();
  ring_drops_.fetch_add(dropped, std::memory_order_relaxed);
  if (buffer_->room() >= ConnectionTable::kMaxEventsPerSegment) return;
  ring_.hand_over();
  buffer_ = &ring_.take_empty();
}

void LivePipeline::show_gauges() {
  Gauges& gauges = outputs_.gauges();
  gauges.packets.store(gate_.received(), std::memory_order_relaxed);
  gauges.open.store(table_.open(), std::memory_order_relaxed);
  const DropCounters drops = source_.drops();
  gauges.dropped.store(drops.kernel + drops.interface + ring_drops(), std::memory_order_relaxed);
}

/// Here nothing is lost any more: who wants the end waits for it.
void LivePipeline::finish() {
  table_.hold(false);
  const auto pass_on = [this] {
    ring_.hand_over();
    buffer_ = &ring_.take_empty();
  };
  const Timestamp now = wall_clock() - kLag;
  while (gate_.any() && now > table_.now() && !table_.expire(now, *buffer_)) pass_on();
  while (!table_.drain(*buffer_)) pass_on();
  ring_.hand_over();
  ring_.close();
}

void LivePipeline::write_outputs() {
  SocketCounts counts;
  while (EventBuffer* buffer = ring_.take_full()) {
    counts.complete(buffer->events());
    outputs_.count(buffer->events());
    outputs_.consume(buffer->events());
    outputs_.poll();
    ring_.give_back();
  }
}

Ledger LivePipeline::ledger() const {
  Ledger ledger =
      packet_ledger(decoder_.counters(), table_.counters(), source_.drops(), without_control_);
  ledger.received = gate_.received() + filtered_;
  ledger.filtered += gate_.filtered() + filtered_;
  ledger.dropped_ring = ring_drops();
  return ledger;
}

}  // namespace synfin
