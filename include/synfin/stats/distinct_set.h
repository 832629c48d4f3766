/// \file
/// DistinctSet: counts distinct elements of many counters in bounded memory.
///
/// One set serves every counter: the caller makes the counter part of the fingerprint, such as
/// "originator and service", and adds the result of insert() to the counter.
///
///   up to `exact_limit` fingerprints   an open-addressing set of 64-bit fingerprints: exact
///   beyond                             a bitmap of 2^26 bits (8 MiB), one bit per fingerprint
///
/// In the bitmap, a new element finds its bit free with probability p = free ÷ all, so each one
/// that does represents 1/p elements. This is the martingale estimator of linear counting (Ting,
/// "Streamed Approximate Counting of Distinct Elements", KDD 2014), unbiased for each counter. When
/// 31/32 of the bits are set, the bitmap is cleared, and elements seen before count again. With 5
/// million elements 1/p is 1.08, with 50 million it is 2.1. Not thread-safe. Tested in
/// tests/unit/stats/distinct_set_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "synfin/base/mix.h"
#include "synfin/base/prefetch.h"
#include "synfin/stats/lazy_array.h"

namespace synfin {

class DistinctSet {
 public:
  /// `seed` randomizes the exact set; results do not depend on it.
  DistinctSet(std::size_t exact_limit, std::uint64_t seed);

  /// Returns how many distinct elements a new fingerprint represents (1 while exact), or 0 if it
  /// was seen before. The bitmap may take a new fingerprint for one seen before.
  std::uint32_t insert(std::uint64_t fingerprint) {
    return bitmap_ ? insert_approximately(fingerprint) : insert_exactly(fingerprint);
  }
  bool contains(std::uint64_t fingerprint) const;
  void prefetch(std::uint64_t fingerprint) const {
    prefetch_line(bitmap_ ? &word_of(fingerprint) : &(*exact_)[hash_index(fingerprint)]);
  }
  bool exact() const { return bitmap_ == nullptr; }
  std::size_t memory() const;

 private:
  static constexpr std::size_t kBits = std::size_t{1} << 26;
  static constexpr std::size_t kWords = kBits / 64;
  static constexpr std::size_t kMinFree = kBits / 32;
  /// Insertions between two computations of 1/p, which changes by at most 0.05 % meanwhile.
  static constexpr std::size_t kWeightInterval = 1024;

  static std::size_t bit_of(std::uint64_t fingerprint) { return fingerprint & (kBits - 1); }
  static std::uint64_t mask_of(std::uint64_t fingerprint) {
    return std::uint64_t{1} << (fingerprint & 63);
  }
  std::uint64_t& word_of(std::uint64_t fingerprint) const {
    return (*bitmap_)[bit_of(fingerprint) / 64];
  }
  // The hash is seeded, because an attacker can choose fingerprints by sending packets. Two that
  // differ in the lowest bit share a cache line, as they do in the bitmap.
  std::size_t hash_index(std::uint64_t fingerprint) const {
    return mix64((fingerprint | 1) ^ seed_, seed_ | 1) & (capacity_ - 1);
  }
  std::size_t index_of(std::uint64_t fingerprint) const;

  std::uint32_t insert_exactly(std::uint64_t fingerprint);
  std::uint32_t insert_approximately(std::uint64_t fingerprint);
  void grow_exact();
  void switch_to_bitmap();
  void clear_bitmap();
  void update_weight();

  std::size_t exact_limit_;
  std::uint64_t seed_;
  using Words = std::unique_ptr<LazyArray<std::uint64_t>>;
  Words exact_;               ///< 0 = free
  std::size_t capacity_ = 0;  ///< of exact_, a power of two
  std::size_t size_ = 0;      ///< fingerprints in exact_
  Words bitmap_;
  std::size_t free_ = kBits;
  std::uint64_t weight_ = 0;  ///< 1/p, in units of 2^-32
  std::uint32_t carry_ = 0;   ///< the fraction not yet returned, in units of 2^-32
};

}  // namespace synfin
