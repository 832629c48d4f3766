// See key_index.h.
#include "synfin/track/key_index.h"

#include <bit>

namespace synfin {
namespace {

/// The mean number of used entries per bucket, of 15, if the index is full. An unsuccessful search
/// then reads 1.2 buckets on average; with 12 entries it would read 2.2.
constexpr std::size_t kMeanEntries = 10;

/// The smallest prime ≥ n. REQUIRES: n > 1.
std::size_t prime_from(std::size_t n) {
  const auto is_prime = [](std::size_t p) {
    for (std::size_t d = 2; d * d <= p; ++d) {
      if (p % d == 0) return false;
    }
    return true;
  };
  while (!is_prime(n)) ++n;
  return n;
}

}  // namespace

KeyHash::KeyHash(std::uint64_t seed) {
  for (std::uint64_t& word : seed_) word = split_mix64(seed);
}

KeyIndex::KeyIndex(std::size_t capacity)
    : count_(prime_from(capacity / kMeanEntries + 2)),
      id_mask_(static_cast<std::uint32_t>((std::uint64_t{1} << std::bit_width(capacity)) - 1)),
      buckets_(count_) {}

void KeyIndex::insert(std::uint64_t hash, std::uint32_t slot) {
  for (std::size_t at = home(hash);; at = next(at, hash)) {
    Bucket& bucket = buckets_[at];
    if (const std::uint32_t empty = matches(bucket, ~0u, 0); empty != 0) {
      bucket.entry[__builtin_ctz(empty)] = tag_of(hash) | (slot + 1);
      return;
    }
    ++bucket.overflow();
  }
}

void KeyIndex::erase(std::uint64_t hash, std::uint32_t slot) {
  const std::uint32_t want = tag_of(hash) | (slot + 1);
  for (std::size_t at = home(hash);; at = next(at, hash)) {
    Bucket& bucket = buckets_[at];
    if (const std::uint32_t found = matches(bucket, ~0u, want); found != 0) {
      bucket.entry[__builtin_ctz(found)] = 0;
      return;
    }
    assert(bucket.overflow() > 0);
    --bucket.overflow();
  }
}

}  // namespace synfin
