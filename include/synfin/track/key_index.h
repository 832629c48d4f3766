/// \file
/// KeyIndex: maps a hash to the slots that may hold its key.
///
/// A bucket is one cache line: fifteen entries and a count of the keys that overflowed into another
/// bucket. The next bucket depends on the hash, because linear probing would lengthen searches near
/// full buckets. A search stops at the first bucket without overflow, so erasing needs no markers
/// and the index is never rebuilt. An entry holds a slot number and, in the remaining bits, a tag
/// from the hash, so that a search rarely reads a slot with another key. Allocates in the
/// constructor only. Tested in tests/unit/track/key_index_test.cc.
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

/// Hashes a key with a per-run seed, so that an attacker cannot choose tuples that collide.
class KeyHash {
 public:
  explicit KeyHash(std::uint64_t seed);
  /// Equal for both directions: the sum of the two mixed ends does not depend on their order.
  std::uint64_t operator()(const Endpoint& a, const Endpoint& b, Transport transport,
                           std::uint64_t context) const {
    const std::uint64_t rest = context ^ std::uint64_t{protocol_number(transport)} << 56;
    return mix64((mix(a) + mix(b)) ^ seed_[3], seed_[4] + rest);
  }

 private:
  std::uint64_t mix(const Endpoint& e) const {
    // The port is multiplied by a secret, so that an attacker cannot offset a change of the address
    // by a change of the port.
    return mix64((e.address.high() + e.port * seed_[2]) ^ seed_[0], e.address.low() ^ seed_[1]);
  }

  std::uint64_t seed_[5];
};

class KeyIndex {
 public:
  /// Makes an index for slots 0 to `capacity` − 1.
  explicit KeyIndex(std::size_t capacity);

  void prefetch(std::uint64_t hash) const { prefetch_line(&buckets_[home(hash)]); }

  /// Returns the slot inserted under `hash` for which `is_it(slot)` is true.
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

  /// Returns the first slot with a matching tag, for prefetching. Its key may differ. If there is
  /// none but the search would continue, prefetches the next bucket.
  std::optional<std::uint32_t> guess(std::uint64_t hash) const {
    const std::size_t at = home(hash);
    const Bucket& bucket = buckets_[at];
    const std::uint32_t hits = candidates(bucket, tag_of(hash));
    const std::uint32_t entry = hits != 0 ? bucket.entry[__builtin_ctz(hits)] & id_mask_ : 0;
    if (entry != 0) return entry - 1;
    if (bucket.overflow() != 0) prefetch_line(&buckets_[next(at, hash)]);
    return std::nullopt;
  }

  /// REQUIRES: fewer than `capacity` slots are in the index, and `slot` is not.
  void insert(std::uint64_t hash, std::uint32_t slot);
  /// REQUIRES: `slot` was inserted under `hash`.
  void erase(std::uint64_t hash, std::uint32_t slot);

  std::size_t memory() const { return count_ * sizeof(Bucket); }

 private:
  static constexpr unsigned kEntries = 15;
  struct alignas(64) Bucket {
    std::uint32_t entry[kEntries + 1];  ///< the last one is overflow()

    std::uint32_t& overflow() { return entry[kEntries]; }
    std::uint32_t overflow() const { return entry[kEntries]; }
  };

  std::size_t home(std::uint64_t hash) const { return scale64(hash, count_); }
  /// The probe sequence visits every bucket, because the number of buckets is prime.
  std::size_t next(std::size_t at, std::uint64_t hash) const {
    const std::size_t sum = at + 1 + scale64(hash * 0x9E3779B97F4A7C15, count_ - 1);
    return sum < count_ ? sum : sum - count_;
  }
  std::uint32_t tag_of(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(hash) & ~id_mask_;
  }

  /// A bit for each entry whose tag is `tag`. If `tag` is 0, empty entries may be among them.
  std::uint32_t candidates(const Bucket& bucket, std::uint32_t tag) const {
    return matches(bucket, ~id_mask_, tag);
  }

  /// A bit for each entry that equals `wanted` under the mask `bits`.
  static std::uint32_t matches(const Bucket& bucket, std::uint32_t bits, std::uint32_t wanted) {
    return matching_words<kEntries + 1>(bucket.entry, bits, wanted) & 0x7FFFu;
  }

  std::size_t count_;
  std::uint32_t id_mask_;
  LazyArray<Bucket> buckets_;
};

}  // namespace synfin
