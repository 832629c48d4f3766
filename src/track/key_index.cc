// Insertion, removal and the seed of the connection table's index. See key_index.h.
#include "synfin/track/key_index.h"

#include <algorithm>
#include <bit>

namespace synfin {
namespace {

/// Buckets are filled to 12 of 15 when the table is full.
constexpr std::size_t kFill = 12;

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
    : count_(capacity / kFill + 1),
      id_mask_(static_cast<std::uint32_t>((std::uint64_t{1} << std::bit_width(capacity)) - 1)),
      buckets_(count_) {}

void KeyIndex::insert(std::uint64_t hash, std::uint32_t slot) {
  for (std::size_t at = home(hash);; at = next(at)) {
    Bucket& bucket = buckets_[at];
    for (std::uint32_t& entry : bucket.entry) {
      if (entry == 0) {
        entry = tag_of(hash) | (slot + 1);
        return;
      }
    }
    ++bucket.overflow;
  }
}

void KeyIndex::erase(std::uint64_t hash, std::uint32_t slot) {
  const std::uint32_t want = tag_of(hash) | (slot + 1);
  for (std::size_t at = home(hash);; at = next(at)) {
    Bucket& bucket = buckets_[at];
    auto* found = std::find(std::begin(bucket.entry), std::end(bucket.entry), want);
    if (found != std::end(bucket.entry)) {
      *found = 0;
      return;
    }
    assert(bucket.overflow > 0);
    --bucket.overflow;
  }
}

}  // namespace synfin
