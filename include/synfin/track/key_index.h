/// \file
/// KeyIndex: from a hash to the slots that may hold its key.
///
/// Buckets of one cache line: fifteen entries and a count of how many keys had to go on to another
/// bucket. Where they go on to depends on their hash: full buckets in a row would draw long
/// searches. A search ends at the first bucket that nothing went past, so erasing leaves no markers
/// behind and nothing is ever rebuilt. An entry holds a slot number and, in the bits that are left,
/// a tag from the hash, so that a foreign slot is rarely touched. Allocates in the constructor
/// only. Tested in tests/unit/track/key_index_test.cc.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>

#include "synfin/base/five_tuple.h"
#include "synfin/base/match_words.h"
#include "synfin/base/mix.h"
#include "synfin/base/prefetch.h"
#include "synfin/stats/lazy_array.h"

namespace synfin {

/// Mixes a key with a per-run seed, so that nobody can choose tuples that collide.
class KeyHash {
 public:
  explicit KeyHash(std::uint64_t seed);
  /// The same for both directions: the ends are mixed alike, and their sum does not know which came
  /// first.
  std::uint64_t operator()(const Endpoint& a, const Endpoint& b, std::uint16_t vlan) const {
    return mix64((mix(a) + mix(b)) ^ seed_[3], seed_[4] + vlan);
  }

 private:
  std::uint64_t mix(const Endpoint& e) const {
    // The port times a secret: who chooses addresses and ports cannot make the one undo the other.
    return mix64((e.address.high() + e.port * seed_[2]) ^ seed_[0], e.address.low() ^ seed_[1]);
  }

  std::uint64_t seed_[5];
};

class KeyIndex {
 public:
  /// For up to `capacity` slots, numbered from 0.
  explicit KeyIndex(std::size_t capacity);

  void prefetch(std::uint64_t hash) const { prefetch_line(&buckets_[home(hash)]); }

  /// The slot for which `is_it(slot)` holds, among those inserted under `hash`.
  template <typename Predicate>
  std::optional<std::uint32_t> find(std::uint64_t hash, Predicate&& is_it) const {
    const std::uint32_t tag = tag_of(hash);
    std::size_t at = home(hash);
    for (std::size_t step = 0; step < count_; ++step) {
      const Bucket& bucket = buckets_[at];
      for (std::uint32_t hits = candidates(bucket, tag); hits != 0; hits &= hits - 1) {
        const std::uint32_t entry = bucket.entry[__builtin_ctz(hits)] & id_mask_;
        if (entry != 0 && is_it(entry - 1)) return entry - 1;
      }
      if (bucket.overflow() == 0) return std::nullopt;
      at = next(at, hash);
    }
    return std::nullopt;
  }

  /// The first slot whose tag fits, without looking at its key: for prefetching. Where there is
  /// none but the search would go on, the next bucket is asked for.
  std::optional<std::uint32_t> guess(std::uint64_t hash) const {
    const std::size_t at = home(hash);
    const Bucket& bucket = buckets_[at];
    const std::uint32_t hits = candidates(bucket, tag_of(hash));
    const std::uint32_t entry = hits != 0 ? bucket.entry[__builtin_ctz(hits)] & id_mask_ : 0;
    if (entry != 0) return entry - 1;
    if (bucket.overflow() != 0) prefetch_line(&buckets_[next(at, hash)]);
    return std::nullopt;
  }

  /// REQUIRES: fewer than `capacity` slots are in; this one is not.
  void insert(std::uint64_t hash, std::uint32_t slot);
  /// REQUIRES: `slot` was inserted under `hash`.
  void erase(std::uint64_t hash, std::uint32_t slot);

  std::size_t memory() const { return count_ * sizeof(Bucket); }

 private:
  static constexpr unsigned kEntries = 15;
  struct alignas(64) Bucket {
    std::uint32_t entry[kEntries + 1];  ///< the last is overflow()

    std::uint32_t& overflow() { return entry[kEntries]; }
    std::uint32_t overflow() const { return entry[kEntries]; }
  };

  std::size_t home(std::uint64_t hash) const { return scale64(hash, count_); }
  /// Visits every bucket before it comes back, for their number is prime.
  std::size_t next(std::size_t at, std::uint64_t hash) const {
    const std::size_t onward = at + 1 + scale64(hash * 0x9E3779B97F4A7C15, count_ - 1);
    return onward < count_ ? onward : onward - count_;
  }
  std::uint32_t tag_of(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(hash) & ~id_mask_;
  }

  /// A bit for each entry whose tag is `tag`; empty entries may be among them when it is 0.
  std::uint32_t candidates(const Bucket& bucket, std::uint32_t tag) const {
    return matches(bucket, ~id_mask_, tag);
  }

  /// A bit for each entry that is `wanted` where `bits` are set.
  static std::uint32_t matches(const Bucket& bucket, std::uint32_t bits, std::uint32_t wanted) {
    return matching_words<kEntries + 1>(bucket.entry, bits, wanted) & 0x7FFFu;
  }

  std::size_t count_;
  std::uint32_t id_mask_;
  LazyArray<Bucket> buckets_;
};

}  // namespace synfin
