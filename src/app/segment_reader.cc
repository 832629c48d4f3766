// See segment_reader.h.
#include "app/segment_reader.h"

#include <algorithm>

#include "app/signals.h"

namespace synfin {

SegmentReader::SegmentReader(const Options& options, PacketScope scope, PacketSource& source,
                             BpfFilter* filter)
    : scope_(scope),
      source_(source),
      gate_(options, filter),
      decoder_(DecodeOptions{.verify_checksums = options.verify_checksums}) {}

bool SegmentReader::read(SegmentBatch& batch) {
  batch.size = 0;
  batch.received = gate_.received();
  if (gate_.done() || source_.ended()) return false;
  const std::size_t read = source_.next_batch(packets_);
  const std::size_t used = gate_.pass(std::span(packets_).first(read));
  const auto packets = std::span<const Packet>(packets_).first(used);
  if (log_ == nullptr) {
    batch.size = decoder_.decode(packets, batch.room);
  } else {
    batch.size = log_->decode_and_keep(decoder_, scope_, packets, batch.room);
    log_->poll(reopen_requests());
  }
  if (scope_ == PacketScope::Control)
    batch.size = drop_data(std::span(batch.room).first(batch.size));
  batch.received = gate_.received();
  return true;
}

/// With --packets control: keeps only what begins or ends a connection.
std::size_t SegmentReader::drop_data(std::span<Segment> segments) {
  const auto end = std::remove_if(segments.begin(), segments.end(), is_data);
  without_control_ += static_cast<std::size_t>(segments.end() - end);
  return static_cast<std::size_t>(end - segments.begin());
}

}  // namespace synfin
