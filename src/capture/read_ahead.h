/// \file
/// ReadAhead: reads another stream on a thread of its own, so that decompression and the analysis
/// of packets overlap.
///
/// Flow: from.read() → ring of a few chunks → read().
/// Tested in tests/unit/capture/read_ahead_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "capture/byte_stream.h"
#include "synfin/base/bounded_ring.h"

namespace synfin {

/// Memory: kChunks chunks, however slow the reader is.
/// Threads: one reader beside the internal thread. If the system refuses the thread, read() reads
/// `from` directly. The destructor does not wait for input: it interrupts the stream and joins.
class ReadAhead final : public ByteStream {
 public:
  static constexpr std::size_t kChunks = 4;

  ReadAhead(std::unique_ptr<ByteStream> from, std::size_t chunk_size);
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  ReadResult read(std::span<std::uint8_t> into) override;
  /// REQUIRES: read() has returned End; the thread does not use the stream after that.
  const std::string& failure() const override { return from_->failure(); }
  std::uint64_t consumed() const override { return from_->consumed(); }
  std::uint64_t total() const override { return from_->total(); }
  void interrupt() noexcept override { from_->interrupt(); }

 private:
  struct Chunk {
    explicit Chunk(std::size_t capacity) : bytes(capacity) {}
    std::vector<std::uint8_t> bytes;
    std::size_t size = 0;
  };

  void start();
  void fill_chunks();

  std::unique_ptr<ByteStream> from_;
  BoundedRing<Chunk> ring_;
  std::size_t taken_ = 0;  ///< bytes already read of the oldest full chunk
  std::thread thread_;     ///< the last member, because the thread uses all others
};

}  // namespace synfin
