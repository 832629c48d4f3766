/// \file
/// DistinctSet: "was this seen before?" for very many things in bounded memory, and how many a
/// yes-or-no is worth.
///
/// One set serves all keys that count distinct things: the caller puts the key into the fingerprint
/// ("this originator asked that service") and adds what insert() returns to the key's own counter.
///
///   up to `exact_limit` fingerprints   an open-addressing set of 64-bit fingerprints: exact
///   beyond                             a bitmap of 2^26 bits (8 MiB), one bit per fingerprint
///
/// In the bitmap a newcomer finds its bit free with probability p = free ÷ all, so each that does
/// stands for 1/p newcomers: the martingale estimator of linear counting (Ting, "Streamed
/// Approximate Counting of Distinct Elements", KDD 2014), unbiased for each counter. Past 31/32
/// full the bitmap begins again empty, and what is seen again then counts again. At 5 million
/// elements 1/p is 1.08, at 50 million 2.1. Not thread-safe. Tested in
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
  /// `seed` places the exact fingerprints; results do not depend on it.
  DistinctSet(std::size_t exact_limit, std::uint64_t seed);

  /// 0 when seen before (or taken for something seen before), else how many distinct things this
  /// one stands for: 1 while exact.
  std::uint32_t insert(std::uint64_t fingerprint) {
    return bitmap_ ? insert_approximately(fingerprint) : insert_exactly(fingerprint);
  }
  bool contains(std::uint64_t fingerprint) const;
  void prefetch(std::uint64_t fingerprint) const {
    prefetch_line(bitmap_ ? &word_of(fingerprint) : &(*exact_)[home_of(fingerprint)]);
  }
  bool exact() const { return bitmap_ == nullptr; }
  std::size_t memory() const;

 private:
  static constexpr std::size_t kBits = std::size_t{1} << 26;
  static constexpr std::size_t kWords = kBits / 64;
  static constexpr std::size_t kFewestFree = kBits / 32;
  /// Newcomers from one reckoning of 1/p to the next: it changes by 0.05 % at most.
  static constexpr std::size_t kReckoned = 1024;

  static std::size_t bit_of(std::uint64_t fingerprint) { return fingerprint & (kBits - 1); }
  static std::uint64_t mask_of(std::uint64_t fingerprint) {
    return std::uint64_t{1} << (fingerprint & 63);
  }
  std::uint64_t& word_of(std::uint64_t fingerprint) const {
    return (*bitmap_)[bit_of(fingerprint) / 64];
  }
  // Seeded, for fingerprints can be chosen by whoever sends packets.
  std::size_t home_of(std::uint64_t fingerprint) const {
    return mix64(fingerprint ^ seed_, seed_ | 1) & (places_ - 1);
  }
  std::size_t place_of(std::uint64_t fingerprint) const;

  std::uint32_t insert_exactly(std::uint64_t fingerprint);
  std::uint32_t insert_approximately(std::uint64_t fingerprint);
  void grow_exact();
  void go_approximate();
  void begin_bitmap();
  void reckon();

  std::size_t exact_limit_;
  std::uint64_t seed_;
  using Words = std::unique_ptr<LazyArray<std::uint64_t>>;
  Words exact_;             ///< 0 = free
  std::size_t places_ = 0;  ///< in exact_, a power of two
  std::size_t size_ = 0;    ///< fingerprints in exact_
  Words bitmap_;
  std::size_t free_ = kBits;
  std::uint64_t worth_ = 0;  ///< of a newcomer, 1/p in 2^-32
  std::uint32_t carry_ = 0;  ///< of newcomers not yet handed out, in 2^-32
};

}  // namespace synfin
