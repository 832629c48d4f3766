/// \file
/// EvenSample: a bounded selection of values that is even over all that were added.
/// Tested in tests/unit/report/handshakes_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace synfin {

/// Each value that is kept represents stride() values. When kMax are kept, every second one is
/// dropped and the stride doubles.
template <typename T, std::size_t kMax>
class EvenSample {
  static_assert(kMax % 2 == 0, "else the next value to keep would be dropped with the others");

 public:
  void add(const T& value) {
    if (skip_ != 0) {
      --skip_;
      return;
    }
    if (values_.size() == kMax) drop_every_second();
    skip_ = stride_ - 1;
    if (values_.empty()) values_.reserve(8);
    values_.push_back(value);
  }
  void add_all(const EvenSample& other) {
    for (const T& value : other.values_) add(value);
  }

  /// In the order in which they were added.
  const std::vector<T>& values() const { return values_; }
  std::uint32_t stride() const { return stride_; }
  std::size_t memory() const { return values_.capacity() * sizeof(T); }

 private:
  void drop_every_second() {
    for (std::size_t i = 0; i < kMax / 2; ++i) values_[i] = values_[2 * i];
    values_.resize(kMax / 2);
    stride_ *= 2;
  }

  std::vector<T> values_;
  std::uint32_t stride_ = 1;
  std::uint32_t skip_ = 0;
};

}  // namespace synfin
