// See record_buffer.h.
#include "capture/record_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace synfin {

RecordBuffer::RecordBuffer(std::size_t chunk_size)
    : chunk_size_(chunk_size),
      capacity_(chunk_size +
                chunk_size /
                    4),  // the quarter holds a straddling record, so reads are whole chunks
      data_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity_)) {}

void RecordBuffer::skip(std::uint64_t count) {
  const std::uint64_t here = std::min<std::uint64_t>(count, size());
  consume(static_cast<std::size_t>(here));
  skipping_ += count - here;
}

ReadState RecordBuffer::fill(ByteStream& from) {
  make_space();
  const ReadResult got = from.read({data_.get() + end_, std::min(chunk_size_, capacity_ - end_)});
  end_ += got.size;
  skip(std::exchange(skipping_, 0));
  return got.state;
}

void RecordBuffer::clear() { begin_ = end_ = origin_ = skipping_ = 0; }

/// Makes at least one byte free at the end. A record at the very front stays in place, so that it
/// is not copied again for each small read.
void RecordBuffer::make_space() {
  if (begin_ > 0) {
    std::memmove(data_.get(), begin(), size());
    origin_ += begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == capacity_) grow();
}

void RecordBuffer::grow() {
  const std::size_t capacity = capacity_ * 2;
  auto data = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
  std::memcpy(data.get(), data_.get(), end_);
  data_ = std::move(data);
  capacity_ = capacity;
}

}  // namespace synfin
