// See segment_reader.h.
#include "synfin/app/segment_reader.h"

#include <algorithm>

namespace synfin {

SegmentReader::SegmentReader(const Options& options, Diet diet, PacketSource& source,
                             BpfFilter* filter)
    : diet_(diet),
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
    batch.size = log_->decode_and_keep(decoder_, diet_, packets, batch.room);
    log_->attend();
  }
  if (diet_ == Diet::Control) batch.size = drop_data(std::span(batch.room).first(batch.size));
  batch.received = gate_.received();
  return true;
}

/// With --packets control: keeps only what begins or ends a connection.
std::size_t SegmentReader::drop_data(std::span<Segment> segments) {
  const auto end = std::remove_if(segments.begin(), segments.end(), is_data);
  without_control_ += static_cast<std::size_t>(segments.end() - end);
  return static_cast<std::size_t>(end - segments.begin());
}

SegmentRing::SegmentRing(SegmentReader& reader) : reader_(reader), thread_([this] { run(); }) {}

SegmentRing::~SegmentRing() {
  while (take() != nullptr) {
  }
  thread_.join();
}

void SegmentRing::run() {
  for (bool more = true; more;) {
    SegmentBatch* batch = wait_for_free();
    more = reader_.read(*batch);
    {
      const std::lock_guard lock(mutex_);
      more ? ++read_ : static_cast<std::uint64_t>(ended_ = true);
    }
    filled_.notify_one();
  }
}

/// A reader that was as far ahead as it may goes on when half of the batches are free again, so
/// that it sleeps and wakes seldom.
SegmentBatch* SegmentRing::wait_for_free() {
  std::unique_lock lock(mutex_);
  // One batch is still in the consumer's hands.
  reader_waits_ = read_ - taken_ + 1 >= kBatches;
  freed_.wait(lock, [this] { return !reader_waits_; });
  return &batches_[read_ % kBatches];
}

const SegmentBatch* SegmentRing::take() {
  bool wake = false;
  const SegmentBatch* batch = nullptr;
  {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return taken_ < read_ || ended_; });
    if (taken_ < read_) batch = &batches_[taken_++ % kBatches];
    wake = reader_waits_ && read_ - taken_ <= kBatches / 2;
    if (wake) reader_waits_ = false;
  }
  if (wake) freed_.notify_one();
  return batch;
}

}  // namespace synfin
