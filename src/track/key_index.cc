// Insertion, removal and the seed of the connection table's index. See key_index.h.
#include "synfin/track/key_index.h"

#include <bit>

namespace synfin {
namespace {

/// Buckets are filled to 10 of 15 when the table is full: an unsuccessful search then takes 1.2 of
/// them, with 12 it takes 2.2.
constexpr std::size_t kFill = 10;

/// The first prime from `n` on. REQUIRES: n > 1.
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

/// SplitMix64: spreads one seed over several words.
std::uint64_t next_word(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

}  // namespace

KeyHash::KeyHash(std::uint64_t seed) {
  for (std::uint64_t& word : seed_) word = next_word(seed);
}

KeyIndex::KeyIndex(std::size_t capacity)
    : count_(prime_from(capacity / kFill + 2)),
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
