// See pipeline.h.
#include "synfin/app/pipeline.h"

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <thread>

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

TableOptions table_options(const Options& options, Diet diet, EventMask events) {
  TableOptions table = options.table;
  table.diet = diet;
  table.events = events;
  table.seed = random_seed();
  return table;
}

}  // namespace

Pipeline::Pipeline(const Options& options, Diet diet, PacketSource& source, BpfFilter* filter,
                   Outputs& outputs)
    : options_(options),
      diet_(diet),
      source_(source),
      outputs_(outputs),
      gate_(options, filter),
      decoder_(DecodeOptions{.verify_checksums = options.verify_checksums}),
      table_(table_options(options, diet, outputs.wanted())),
      ring_(options.threads > 1 ? kBuffers : 1, kEventsEach),
      live_(source.progress().total == 0),
      segments_(kBatch) {}

void Pipeline::run() {
  if (options_.threads <= 1) {
    read_packets();
    return;
  }
  std::thread output([this] { write_outputs(); });
  read_packets();
  output.join();
}

void Pipeline::read_packets() {
  std::array<Packet, kBatch> packets;
  buffer_ = &ring_.take_empty();
  while (!gate_.done() && !source_.ended()) {
    const std::size_t read = source_.next_batch(packets);
    const std::size_t used = gate_.pass(std::span(packets).first(read));
    track(std::span(packets).first(used));
    outputs_.gauges().packets.store(gate_.received(), std::memory_order_relaxed);
    outputs_.gauges().open.store(table_.open(), std::memory_order_relaxed);
    if (live_ && !buffer_->empty()) hand_over();
  }
  while (!table_.drain(*buffer_)) hand_over();
  hand_over();
  ring_.close();
}

void Pipeline::track(std::span<const Packet> packets) {
  const std::size_t decoded = decoder_.decode(packets, segments_);
  std::span<const Segment> rest = without_data(std::span(segments_).first(decoded));
  while (!rest.empty()) {
    const std::size_t done = table_.observe(rest, *buffer_);
    rest = rest.subspan(done);
    if (!rest.empty()) hand_over();
  }
}

/// With --packets control: only what begins or ends a connection.
std::span<const Segment> Pipeline::without_data(std::span<Segment> segments) {
  if (diet_ == Diet::All) return segments;
  const auto is_data = [](const Segment& s) {
    return s.kind == SegmentKind::Tcp && (s.flags & kControlFlags) == 0;
  };
  const auto end = std::remove_if(segments.begin(), segments.end(), is_data);
  without_control_ += static_cast<std::size_t>(segments.end() - end);
  return {segments.begin(), end};
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
  if (gate_.any()) {
    info.first_packet = gate_.first();
    info.last_packet = gate_.last();
  }
  const DecodeCounters& decode = decoder_.counters();
  const TableCounters& table = table_.counters();
  Ledger& ledger = info.ledger;
  ledger.received = gate_.received();
  ledger.decoded = decode.decoded - table.copies - without_control_;
  ledger.not_tcp = decode.not_tcp;
  ledger.fragments = decode.fragments;
  ledger.truncated = decode.truncated;
  ledger.malformed = decode.malformed + decode.bad_checksum;
  ledger.unsupported_link = decode.unsupported_link;
  ledger.copies = table.copies;
  ledger.filtered = gate_.filtered() + without_control_;
  ledger.dropped_kernel = source_.drops().kernel;
  ledger.dropped_interface = source_.drops().interface;
  info.forged_rst = table.forged_rst;
  return info;
}

}  // namespace synfin
