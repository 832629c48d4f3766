// See segment_reader.h.
#include "app/segment_reader.h"

#include <algorithm>

#include "synfin/view/signals.h"

namespace synfin {

SegmentReader::SegmentReader(const SegmentReaderOptions& options, PacketSource& source)
    : options_(options),
      source_(source),
      gate_(options.limits, options.filter),
      decoder_({.verify_checksums = options.verify_checksums, .neighbors = options.neighbors}) {}

bool SegmentReader::read(SegmentBatch& batch) {
  batch.size = batch.packets = 0;
  batch.received = gate_.received();
  if (gate_.done() || source_.ended()) return false;
  batch.packets = source_.next_batch(packets_);
  if (batch.packets > 0) batch.last_packet = packets_[batch.packets - 1].time;
  const std::span<Packet> packets = filtered(std::span(packets_).first(batch.packets));
  if (options_.packet_log == nullptr) {
    batch.size = decoder_.decode(packets, batch.slots);
  } else {
    batch.size =
        options_.packet_log->decode_and_keep(decoder_, options_.scope, packets, batch.slots);
    options_.packet_log->poll(reopen_requests());
  }
  if (options_.scope == PacketScope::Control)
    batch.size = drop_data(std::span(batch.slots).first(batch.size));
  batch.received = gate_.received();
  return true;
}

std::span<Packet> SegmentReader::filtered(std::span<Packet> packets) {
  if (options_.expression != nullptr) {
    const std::size_t kept = options_.expression->keep(packets);
    refused_ += packets.size() - kept;
    packets = packets.first(kept);
  }
  return packets.first(gate_.pass(packets));
}

/// Tunnels and unfiltered captures also bring segments that neither start nor end a connection.
std::size_t SegmentReader::drop_data(std::span<Segment> segments) {
  const auto end = std::remove_if(segments.begin(), segments.end(), is_data);
  without_control_ += static_cast<std::size_t>(segments.end() - end);
  return static_cast<std::size_t>(end - segments.begin());
}

Ledger SegmentReader::ledger(const TableCounters& table) const {
  const DecodeCounters& decode = decoder_.counters();
  Ledger ledger;
  ledger.received = gate_.received() + refused_;
  ledger.decoded = decode.decoded - table.copies - table.late - without_control_;
  ledger.not_tcp = decode.not_tcp;
  ledger.fragments = decode.fragments;
  ledger.truncated = decode.truncated;
  ledger.malformed = decode.malformed + decode.bad_checksum;
  ledger.unsupported_link = decode.unsupported_link;
  ledger.copies = table.copies;
  ledger.late = table.late;
  ledger.filtered = gate_.filtered() + refused_ + without_control_;
  const DropCounters dropped = source_.drops();
  ledger.dropped_kernel = dropped.kernel;
  ledger.dropped_interface = dropped.interface;
  return ledger;
}

}  // namespace synfin
