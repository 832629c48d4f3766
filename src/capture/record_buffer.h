/// \file
/// RecordBuffer: a window on a ByteStream in which every record stands whole.
///
/// Packets are handed out as pointers into it. A chunk is small enough to stay in the L2 cache, and
/// only the record that straddles two chunks is ever moved: to the front, when the next chunk is
/// read behind it. Tested in tests/unit/capture/record_buffer_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "capture/byte_stream.h"

namespace synfin {

/// Memory: a chunk and a quarter; more only while a record is larger than that, and then at most
/// twice what has arrived of the record. Not thread-safe.
class RecordBuffer {
 public:
  /// REQUIRES: chunk_size > 0.
  explicit RecordBuffer(std::size_t chunk_size);

  /// The bytes read and not yet consumed; valid until the next fill().
  const std::uint8_t* begin() const { return data_.get() + begin_; }
  const std::uint8_t* end() const { return data_.get() + end_; }
  std::size_t size() const { return end_ - begin_; }

  /// Where begin() stands in the stream.
  std::uint64_t offset() const { return origin_ + begin_; }

  /// REQUIRES: count <= size().
  void consume(std::size_t count) { begin_ += count; }

  /// Passes over `count` bytes, read or not, without ever holding them.
  void skip(std::uint64_t count);
  /// What is still to be passed over, beyond end().
  std::uint64_t skipping() const { return skipping_; }

  /// Adds what one read of `from` gives. Ends the life of all bytes handed out before.
  ReadState fill(ByteStream& from);

  /// Forgets everything, as if no byte had been read.
  void clear();

 private:
  void make_room();
  void grow();

  std::size_t chunk_size_;
  std::size_t capacity_;
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t origin_ = 0;  ///< where data_[0] stands in the stream
  std::uint64_t skipping_ = 0;
};

}  // namespace synfin
