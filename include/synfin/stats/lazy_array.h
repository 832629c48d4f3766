/// \file
/// LazyArray: a fixed array of zeroed memory that the kernel provides on first use.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace synfin {

/// Maps zeroed pages. Large mappings request huge pages, because tables are read at random and a
/// TLB miss costs as much as a cache miss. Throws std::bad_alloc.
void* map_zeroed(std::size_t bytes);
void unmap(void* memory, std::size_t bytes) noexcept;

/// REQUIRES: T is valid with all bytes zero, or the owner constructs elements before use.
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
