/// \file
/// LazyArray: a fixed array whose memory is zero and costs nothing until it is touched.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace synfin {

/// Zeroed pages straight from the kernel. Large ones ask for huge pages: a table is read at random,
/// and a miss in the TLB costs as much as one in the cache. Throws std::bad_alloc.
void* map_zeroed(std::size_t bytes);
void unmap(void* memory, std::size_t bytes) noexcept;

/// T must be usable when all its bytes are zero, or be constructed by its owner before use.
template <typename T>
class LazyArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit LazyArray(std::size_t count)
      : bytes_(count * sizeof(T)), data_(static_cast<T*>(map_zeroed(bytes_))) {}
  ~LazyArray() { unmap(data_, bytes_); }
  LazyArray(const LazyArray&) = delete;
  LazyArray& operator=(const LazyArray&) = delete;

  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

 private:
  std::size_t bytes_;
  T* data_;
};

}  // namespace synfin
