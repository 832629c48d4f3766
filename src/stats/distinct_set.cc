// See distinct_set.h.
#include "synfin/stats/distinct_set.h"

#include <utility>

namespace synfin {
namespace {

constexpr std::size_t kInitialCapacity = 1024;
/// The factor is large, because each growth touches new memory, which costs more than moving the
/// fingerprints.
constexpr std::size_t kGrowth = 8;

}  // namespace

DistinctSet::DistinctSet(std::size_t exact_limit, std::uint64_t seed)
    : exact_limit_(exact_limit),
      seed_(seed),
      exact_(std::make_unique<LazyArray<std::uint64_t>>(kInitialCapacity)),
      capacity_(kInitialCapacity) {}

std::size_t DistinctSet::index_of(std::uint64_t fingerprint) const {
  std::size_t at = hash_index(fingerprint);
  const LazyArray<std::uint64_t>& exact = *exact_;
  while (exact[at] != 0 && exact[at] != fingerprint) at = (at + 1) & (capacity_ - 1);
  return at;
}

bool DistinctSet::contains(std::uint64_t fingerprint) const {
  if (bitmap_) return (word_of(fingerprint) & mask_of(fingerprint)) != 0;
  const std::uint64_t wanted = fingerprint | (fingerprint == 0);
  return (*exact_)[index_of(wanted)] == wanted;
}

std::uint32_t DistinctSet::insert_exactly(std::uint64_t fingerprint) {
  fingerprint |= fingerprint == 0;
  const std::size_t at = index_of(fingerprint);
  if ((*exact_)[at] != 0) return 0;
  if (size_ == exact_limit_) {
    switch_to_bitmap();
    return insert_approximately(fingerprint);
  }
  (*exact_)[at] = fingerprint;
  if (4 * ++size_ > 3 * capacity_) grow_exact();
  return 1;
}

void DistinctSet::grow_exact() {
  const std::size_t before = capacity_;
  capacity_ *= kGrowth;
  const Words old = std::exchange(exact_, std::make_unique<LazyArray<std::uint64_t>>(capacity_));
  for (std::size_t i = 0; i < before; ++i) {
    if (const std::uint64_t fingerprint = (*old)[i]; fingerprint != 0)
      (*exact_)[index_of(fingerprint)] = fingerprint;
  }
}

// The order of the exact set depends on the seed; the bits that it sets do not.
void DistinctSet::switch_to_bitmap() {
  clear_bitmap();
  for (std::size_t i = 0; i < capacity_; ++i) {
    if (const std::uint64_t fingerprint = (*exact_)[i]; fingerprint != 0)
      insert_approximately(fingerprint);
  }
  exact_.reset();
  size_ = 0;
  carry_ = 0;
}

void DistinctSet::clear_bitmap() {
  bitmap_ = std::make_unique<LazyArray<std::uint64_t>>(kWords);
  free_ = kBits;
  update_weight();
}

void DistinctSet::update_weight() { weight_ = (std::uint64_t{kBits} << 32) / free_; }

std::uint32_t DistinctSet::insert_approximately(std::uint64_t fingerprint) {
  std::uint64_t& word = word_of(fingerprint);
  const std::uint64_t mask = mask_of(fingerprint);
  if (word & mask) return 0;
  word |= mask;
  const std::uint64_t due = carry_ + weight_;
  carry_ = static_cast<std::uint32_t>(due);
  if (--free_ % kWeightInterval == 0) free_ > kMinFree ? update_weight() : clear_bitmap();
  return static_cast<std::uint32_t>(due >> 32);
}

std::size_t DistinctSet::memory() const {
  return bitmap_ ? kBits / 8 : capacity_ * sizeof(std::uint64_t);
}

}  // namespace synfin
