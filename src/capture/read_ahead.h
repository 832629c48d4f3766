/// \file
/// ReadAhead: another stream, read on a thread of its own, so that decompressing overlaps with what
/// the reader does.
///
/// Flow: from.read() → ring of a few chunks → read().
/// Tested in tests/unit/capture/read_ahead_test.cc.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "capture/byte_stream.h"

namespace synfin {

/// Memory: kSlots chunks, no more, however slow the reader is.
/// Threads: one reader; the other side is the thread inside. Destruction may come at any time and
/// waits for no input: it interrupts the stream, then joins.
class ReadAhead final : public ByteStream {
 public:
  static constexpr std::size_t kSlots = 4;

  ReadAhead(std::unique_ptr<ByteStream> from, std::size_t chunk_size);
  ~ReadAhead() override;
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  ReadResult read(std::span<std::uint8_t> into) override;
  /// REQUIRES: read() has given End, after which the thread touches the stream no more.
  const std::string& failure() const override { return from_->failure(); }
  std::uint64_t consumed() const override { return from_->consumed(); }
  std::uint64_t total() const override { return from_->total(); }
  void interrupt() noexcept override { from_->interrupt(); }

 private:
  struct Slot {
    std::vector<std::uint8_t> bytes;
    std::size_t size = 0;
  };

  void start();
  void run();
  Slot* wait_for_free();
  Slot* wait_for_full();

  std::unique_ptr<ByteStream> from_;
  std::array<Slot, kSlots> slots_;
  std::size_t taken_ = 0;  ///< of the slot being read

  std::mutex mutex_;  ///< guards what follows; the bytes of a slot belong to whose turn it is
  std::condition_variable changed_;
  std::size_t first_ = 0;  ///< oldest full slot
  std::size_t full_ = 0;
  bool finished_ = false;  ///< the thread will fill no more
  bool abandoned_ = false;

  std::thread thread_;  ///< last: starts when all else stands
};

}  // namespace synfin
