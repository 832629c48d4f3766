// See prefix_set.h.
#include "synfin/filter/prefix_set.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace synfin {
namespace {

constexpr unsigned kMaxLength = 128;
constexpr std::size_t kPrefixesPerBucket = 2;
constexpr std::size_t kMaxBuckets = std::size_t{1} << 19;
constexpr std::size_t kBitsPerPrefix = 16;
constexpr std::size_t kMinBits = 64, kMaxBits = std::size_t{1} << 24;  // two MiB stay in the cache
constexpr unsigned kWordBits = 64;

}  // namespace

void PrefixSet::build() {
  const std::size_t n = prefixes_.size();
  const std::size_t bits = std::clamp(std::bit_ceil(n * kBitsPerPrefix + 1), kMinBits, kMaxBits);
  bit_shift_ = kWordBits - static_cast<unsigned>(std::countr_zero(bits));
  bits_.assign(bits / kWordBits, 0);
  buckets_.assign(std::min(std::bit_ceil(n / kPrefixesPerBucket + 1), kMaxBuckets), kNone);
  std::array<bool, kMaxLength + 1> used{};
  for (std::uint32_t i = 0; i < n; ++i) {
    Prefix& prefix = prefixes_[i];
    const std::uint64_t hash = hash_(prefix.network, prefix.length);
    prefix.next = std::exchange(buckets_[bucket_of(hash)], i);
    bits_[bit_of(hash) / kWordBits] |= std::uint64_t{1} << bit_of(hash) % kWordBits;
    used[prefix.length] = true;
  }
  lengths_.clear();
  for (unsigned length = 0; length <= kMaxLength; ++length)
    if (used[length]) lengths_.push_back(length);
}

bool PrefixSet::contains(const Address& address) const {
  for (const unsigned length : lengths_) {
    const Address network = Cidr::of_bits(address, length).first();
    const std::uint64_t hash = hash_(network, length);
    if ((bits_[bit_of(hash) / kWordBits] >> bit_of(hash) % kWordBits & 1) == 0) continue;
    for (std::uint32_t i = buckets_[bucket_of(hash)]; i != kNone; i = prefixes_[i].next) {
      if (prefixes_[i].network == network && prefixes_[i].length == length) return true;
    }
  }
  return false;
}

}  // namespace synfin
