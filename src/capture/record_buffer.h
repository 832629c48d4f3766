/// \file
/// RecordBuffer: a window on a ByteStream in which each record is contiguous.
///
/// Packets point into it. A chunk is small enough to stay in the L2 cache. Only a record that
/// straddles two chunks is copied: to the front, before the next chunk is read after it. Tested in
/// tests/unit/capture/record_buffer_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "capture/byte_stream.h"

namespace synfin {

/// Memory: 1.25 chunks. A larger record makes it grow to at most twice the bytes of the record that
/// have arrived. Not thread-safe.
class RecordBuffer {
 public:
  /// REQUIRES: chunk_size > 0.
  explicit RecordBuffer(std::size_t chunk_size);

  /// The bytes that were read but not consumed; valid until the next fill().
  const std::uint8_t* begin() const { return data_.get() + begin_; }
  const std::uint8_t* end() const { return data_.get() + end_; }
  std::size_t size() const { return end_ - begin_; }

  /// The offset of begin() in the stream.
  std::uint64_t offset() const { return origin_ + begin_; }

  /// REQUIRES: count <= size().
  void consume(std::size_t count) { begin_ += count; }

  /// Skips `count` bytes, including those that have not been read yet.
  void skip(std::uint64_t count);
  /// The bytes after end() that are still to be skipped.
  std::uint64_t skipping() const { return skipping_; }

  /// Appends the bytes of one read of `from`. Invalidates all pointers into the buffer.
  ReadState fill(ByteStream& from);

  /// Resets the buffer to its initial state.
  void clear();

 private:
  void make_space();
  void grow();

  std::size_t chunk_size_;
  std::size_t capacity_;
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t origin_ = 0;  ///< the offset of data_[0] in the stream
  std::uint64_t skipping_ = 0;
};

}  // namespace synfin
