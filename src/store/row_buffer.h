/// \file
/// RowBuffer: a growing buffer that does not initialize its bytes, because the caller writes each
/// of them anyway, and a sensor encodes millions of values a second. Tested in
/// tests/unit/store/columns_test.cc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace synfin {

class RowBuffer {
 public:
  /// Room for `size` more bytes, which the caller fills. Valid until the next call.
  char* extend(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    char* const at = bytes_.get() + size_;
    size_ += size;
    return at;
  }
  void append(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  /// Removes the last `size` bytes.
  void shrink(std::size_t size) { size_ -= size; }
  std::string_view view() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  /// Keeps the memory.
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t size) {
    const std::size_t capacity = std::max({std::size_t{256}, capacity_ * 2, size_ + size});
    std::unique_ptr<char[]> bytes(new char[capacity]);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace synfin
