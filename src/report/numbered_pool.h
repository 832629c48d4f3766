/// \file
/// NumberedPool: values that entries of tables refer to by number, because few entries need one.
/// Tested in tests/unit/report/numbered_pool_test.cc.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

namespace synfin {

/// Number 0 is no value.
template <typename T, std::unsigned_integral Number>
class NumberedPool {
 public:
  /// As many values as a Number can count, or at most `max`.
  explicit NumberedPool(std::size_t max = std::numeric_limits<Number>::max())
      : max_(std::min<std::size_t>(max, std::numeric_limits<Number>::max())) {}

  /// Returns the number of a value as T{} makes it, or 0 if `max` are in use.
  Number allocate() {
    if (!free_.empty()) {
      const Number number = free_.back();
      free_.pop_back();
      return number;
    }
    if (values_.size() == max_) {
      complete_ = false;
      return 0;
    }
    values_.emplace_back();
    return static_cast<Number>(values_.size());
  }
  void release(Number number) {
    if (number == 0) return;
    (*this)[number] = T{};
    free_.push_back(number);
  }
  /// REQUIRES: number != 0.
  T& operator[](Number number) { return values_[number - 1u]; }
  const T& operator[](Number number) const { return values_[number - 1u]; }
  /// False once allocate() has returned 0.
  bool complete() const { return complete_; }
  /// Without what the values have allocated.
  std::size_t memory() const { return values_.capacity() * sizeof(T); }
  /// All values, also those that are not in use.
  const std::vector<T>& values() const { return values_; }

 private:
  std::size_t max_;
  std::vector<T> values_;
  std::vector<Number> free_;
  bool complete_ = true;
};

}  // namespace synfin
