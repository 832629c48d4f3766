// See pipeline.h.
#include "synfin/app/pipeline.h"

#include <random>
#include <set>
#include <thread>

#include "synfin/app/packet_ledger.h"
#include "synfin/capture/link_names.h"

namespace synfin {
namespace {

/// Sixteen buffers of 256 events (56 KiB each): what the two threads pass to and fro stays in the
/// cache they share.
constexpr std::size_t kBuffers = 16;
constexpr std::size_t kEventsEach = 256;

std::uint64_t random_seed() {
  // Unpredictable from outside is all that is asked: an attacker chooses tuples before the run
  // begins.
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

TableOptions table_options(const Options& options, Diet diet, EventMask events) {
  TableOptions table = options.table;
  table.diet = diet;
  table.events = events;
  table.seed = random_seed();
  return table;
}

Pipeline::Pipeline(const Options& options, Diet diet, PacketSource& source, BpfFilter* filter,
                   Outputs& outputs)
    : options_(options),
      diet_(diet),
      source_(source),
      outputs_(outputs),
      reader_(options, diet, source, filter),
      table_(table_options(options, diet, outputs.wanted())),
      ring_(options.threads > 1 ? kBuffers : 1, kEventsEach),
      live_(source.progress().total == 0) {}

void Pipeline::run() {
  if (options_.threads <= 1) {
    track_inline();
    return;
  }
  std::thread output([this] { write_outputs(); });
  track_beside();
  output.join();
}

void Pipeline::track_inline() {
  SegmentBatch batch;
  buffer_ = &ring_.take_empty();
  while (reader_.read(batch)) track(batch);
  finish();
}

void Pipeline::track_beside() {
  SegmentRing segments(reader_);
  buffer_ = &ring_.take_empty();
  while (const SegmentBatch* batch = segments.take()) track(*batch);
  finish();
}

void Pipeline::track(const SegmentBatch& batch) {
  for (std::span<const Segment> rest = batch.segments(); !rest.empty();) {
    rest = rest.subspan(table_.observe(rest, *buffer_));
    if (!rest.empty()) hand_over();
  }
  outputs_.gauges().packets.store(batch.received, std::memory_order_relaxed);
  outputs_.gauges().open.store(table_.open(), std::memory_order_relaxed);
  if (live_ && !buffer_->empty()) hand_over();
}

void Pipeline::finish() {
  while (!table_.drain(*buffer_)) hand_over();
  hand_over();
  ring_.close();
}

void Pipeline::hand_over() {
  if (options_.threads > 1) {
    ring_.hand_over();
    buffer_ = &ring_.take_empty();
  } else {
    outputs_.consume(buffer_->events());
    if (live_) outputs_.flush();
    buffer_->clear();
  }
}

void Pipeline::write_outputs() {
  while (const EventBuffer* buffer = ring_.take_full()) {
    outputs_.consume(buffer->events());
    if (live_) outputs_.flush();
    ring_.give_back();
  }
}

CaptureInfo Pipeline::capture_info() const {
  CaptureInfo info;
  info.sources = options_.read;
  info.mode = diet_ == Diet::All ? "all" : "control";
  info.filter = options_.filter;
  std::set<std::string> names;
  for (const InterfaceInfo& interface : source_.interfaces())
    names.insert(link_type_name(interface.link_number));
  info.link_types.assign(names.begin(), names.end());
  const PacketGate& gate = reader_.gate();
  if (gate.any()) {
    info.first_packet = gate.first();
    info.last_packet = gate.last();
  }
  info.ledger = packet_ledger(reader_.decoded(), table_.counters(), source_.drops(),
                              reader_.without_control());
  info.ledger.received = gate.received();
  info.ledger.filtered += gate.filtered();
  info.forged_rst = table_.counters().forged_rst;
  return info;
}

}  // namespace synfin
