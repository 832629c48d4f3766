// See prefix_set.h.
#include "synfin/filter/prefix_set.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

constexpr unsigned kMaxLength = 128;
constexpr std::size_t kPrefixesPerBucket = 8;
constexpr std::size_t kMaxBuckets = std::size_t{1} << 17;
constexpr std::size_t kBitsPerPrefix = 16;
constexpr std::size_t kMinBits = 64, kMaxBits = std::size_t{1} << 24;  // two MiB stay in the cache
constexpr unsigned kWordBits = 64;

}  // namespace

std::uint64_t PrefixSet::hash_of(const Prefix& prefix) {
  constexpr std::uint64_t kHigh = 0x9E3779B97F4A7C15, kLow = 0xD6E8FEB86659FD93;
  return mix64(prefix.network.high() ^ kHigh, prefix.network.low() ^ kLow ^ prefix.length * kHigh);
}

void PrefixSet::build() {
  const std::size_t n = prefixes_.size();
  const std::size_t count = std::min(std::bit_ceil(n / kPrefixesPerBucket + 2), kMaxBuckets);
  const std::size_t bits = std::clamp(std::bit_ceil(n * kBitsPerPrefix + 1), kMinBits, kMaxBits);
  bit_shift_ = kWordBits - static_cast<unsigned>(std::countr_zero(bits));
  bits_.assign(bits / kWordBits, 0);
  buckets_.assign(count + 1, 0);
  std::array<bool, kMaxLength + 1> used{};
  for (const Prefix& prefix : prefixes_) {
    const std::uint64_t hash = hash_of(prefix);
    ++buckets_[bucket_of(hash)];
    bits_[bit_of(hash) / kWordBits] |= std::uint64_t{1} << bit_of(hash) % kWordBits;
    used[prefix.length] = true;
  }
  std::exclusive_scan(buckets_.begin(), buckets_.end(), buckets_.begin(), std::uint32_t{0});
  std::vector<std::uint32_t> place = buckets_;
  std::vector<Prefix> sorted(n);
  for (const Prefix& prefix : prefixes_) sorted[place[bucket_of(hash_of(prefix))]++] = prefix;
  prefixes_ = std::move(sorted);
  lengths_.clear();
  for (unsigned length = 0; length <= kMaxLength; ++length)
    if (used[length]) lengths_.push_back(length);
}

bool PrefixSet::contains(const Address& address) const {
  for (const unsigned length : lengths_) {
    const Prefix wanted{Cidr::of_bits(address, length).first(), length};
    const std::uint64_t hash = hash_of(wanted);
    if ((bits_[bit_of(hash) / kWordBits] >> bit_of(hash) % kWordBits & 1) == 0) continue;
    const auto at = [&](std::size_t bucket) { return prefixes_.begin() + buckets_[bucket]; };
    const std::size_t bucket = bucket_of(hash);
    if (std::find(at(bucket), at(bucket + 1), wanted) != at(bucket + 1)) return true;
  }
  return false;
}

}  // namespace synfin
