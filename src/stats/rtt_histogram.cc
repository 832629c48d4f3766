// See rtt_histogram.h.
#include "synfin/stats/rtt_histogram.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <span>
#include <utility>

namespace synfin {
namespace {

std::uint64_t rank_of(std::uint64_t percent, std::uint64_t n) { return (n * percent + 99) / 100; }

}  // namespace

std::uint16_t RttPool::bucket_of(Duration rtt) {
  constexpr std::int64_t kMin = std::int64_t{1} << kFirstOctave;
  constexpr std::int64_t kMax = (std::int64_t{1} << (kFirstOctave + kOctaves)) - 1;
  const auto ns = static_cast<std::uint64_t>(std::clamp<std::int64_t>(rtt.count(), kMin, kMax));
  const auto exponent = static_cast<unsigned>(std::bit_width(ns) - 1);
  const auto part = static_cast<unsigned>(ns >> (exponent - kSubBits)) & (kPerOctave - 1);
  return static_cast<std::uint16_t>((exponent - kFirstOctave) * kPerOctave + part);
}

Duration RttPool::middle_of(std::size_t bucket) {
  const std::size_t step = bucket / kPerOctave + kFirstOctave - kSubBits;
  const std::int64_t twice = 2 * static_cast<std::int64_t>(kPerOctave + bucket % kPerOctave) + 1;
  return Duration{(twice << step) / 2};
}

void RttPool::add(RttSamples& samples, Duration rtt) {
  const std::uint16_t bucket = bucket_of(rtt);
  if (samples.list != 0) {
    block(samples.list).list[samples.listed++] = bucket;
    if (samples.listed == Block::kMaxListed) count_listed(samples);
  } else if (samples.listed < RttSamples::kMaxInline) {
    samples.inlined[samples.listed++] = bucket;
  } else {
    add_further(samples, bucket);
  }
}

void RttPool::add_further(RttSamples& samples, std::uint16_t bucket) {
  if (begin_list(samples)) {
    block(samples.list).list[samples.listed++] = bucket;
  } else {
    complete_ = false;
  }
}

bool RttPool::begin_list(RttSamples& samples) {
  samples.list = allocate();
  if (samples.list == 0) return false;
  std::copy(samples.inlined.begin(), samples.inlined.end(), block(samples.list).list.begin());
  return true;
}

/// Moves the samples of the list into the counts.
void RttPool::count_listed(RttSamples& samples) {
  const auto listed = block(samples.list).list;
  for (const std::uint16_t bucket : listed) complete_ &= count(samples, bucket);
  samples.listed = 0;
}

bool RttPool::count(RttSamples& samples, std::uint16_t bucket) {
  const std::uint32_t number = counts_of(samples, bucket / kPerOctave);
  if (number == 0) return false;
  std::uint32_t& n = block(number).counts[bucket % kPerOctave];
  n += n != UINT32_MAX;
  return true;
}

/// The number + 1 of the block that counts an octave; 0 if none can be allocated.
std::uint32_t RttPool::counts_of(RttSamples& samples, std::uint32_t octave) {
  for (std::uint32_t at = samples.counts; at != 0; at = block(at).next) {
    if (block(at).octave == octave) return at;
  }
  const std::uint32_t fresh = allocate();
  if (fresh == 0) return 0;
  block(fresh).counts.fill(0);
  block(fresh).octave = octave;
  block(fresh).next = std::exchange(samples.counts, fresh);
  return fresh;
}

/// The number + 1 of a free block; 0 if none is left.
std::uint32_t RttPool::allocate() {
  if (!free_.empty()) {
    const std::uint32_t number = free_.back();
    free_.pop_back();
    return number;
  }
  return used_ < max_blocks_ ? static_cast<std::uint32_t>(++used_) : 0;
}

void RttPool::release(RttSamples& samples) {
  if (samples.list != 0) free_.push_back(samples.list);
  for (std::uint32_t at = samples.counts; at != 0; at = block(at).next) free_.push_back(at);
  samples = {};
}

/// The samples that are not yet in counts.
std::span<const std::uint16_t> RttPool::listed(const RttSamples& samples) const {
  return {samples.list ? block(samples.list).list.data() : samples.inlined.data(), samples.listed};
}

RttPool::Counts RttPool::gather(const RttSamples& samples) const {
  Counts counts{};
  for (std::uint32_t at = samples.counts; at != 0; at = block(at).next) {
    std::copy(block(at).counts.begin(), block(at).counts.end(),
              counts.begin() + block(at).octave * kPerOctave);
  }
  for (const std::uint16_t bucket : listed(samples)) ++counts[bucket];
  return counts;
}

Duration RttPool::at_rank(const Counts& counts, std::uint64_t rank) {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    if (seen >= rank) return middle_of(i);
  }
  return kNoDuration;
}

/// The quantiles of a key without counts, which most keys are.
RttQuantiles RttPool::quantiles_of_list(const RttSamples& samples) const {
  const std::span<const std::uint16_t> buckets = listed(samples);
  const std::size_t n = buckets.size();
  if (n == 0) return {};
  std::array<std::uint16_t, Block::kMaxListed> sorted;
  std::sort(sorted.begin(), std::copy(buckets.begin(), buckets.end(), sorted.begin()));
  return {middle_of(sorted[rank_of(50, n) - 1]), middle_of(sorted[rank_of(99, n) - 1]), n};
}

RttQuantiles RttPool::quantiles(const RttSamples& samples) const {
  if (samples.counts == 0) return quantiles_of_list(samples);
  const Counts counts = gather(samples);
  const std::uint64_t n = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (n == 0) return {};
  return {at_rank(counts, rank_of(50, n)), at_rank(counts, rank_of(99, n)), n};
}

}  // namespace synfin
