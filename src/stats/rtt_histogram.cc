// See rtt_histogram.h.
#include "synfin/stats/rtt_histogram.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <span>
#include <utility>

namespace synfin {
namespace {

constexpr unsigned kSubBits = 5, kCodeBits = 11;  ///< of a bucket and of a code within an octave
constexpr unsigned kCodesPerOctave = 1u << kCodeBits;
constexpr unsigned kFirstOctave = 10, kOctaves = 27;
constexpr unsigned kFirstCode = 1u << kFirstOctave;  ///< below: nanoseconds
static_assert(kFirstCode + kOctaves * kCodesPerOctave <= 65536);
/// Places in RttSamples::inlined once there is a list.
constexpr std::size_t kLeast = 0, kGreatest = 1;

std::uint64_t rank_of(std::uint64_t percent, std::uint64_t n) { return (n * percent + 99) / 100; }

std::uint16_t code_of(Duration rtt) {
  constexpr std::int64_t kMax = (std::int64_t{1} << (kFirstOctave + kOctaves)) - 1;
  const auto ns = static_cast<std::uint64_t>(std::clamp<std::int64_t>(rtt.count(), 0, kMax));
  if (ns < kFirstCode) return static_cast<std::uint16_t>(ns);
  const auto exponent = static_cast<unsigned>(std::bit_width(ns) - 1);
  // With kFirstOctave < kCodeBits, the first octave has fewer nanoseconds than codes.
  const auto part = static_cast<unsigned>((ns << kCodeBits >> exponent) & (kCodesPerOctave - 1));
  return static_cast<std::uint16_t>(kFirstCode + (exponent - kFirstOctave) * kCodesPerOctave +
                                    part);
}

Duration value_of(std::uint16_t code) {
  if (code < kFirstCode) return Duration{code};
  const unsigned exponent = (code - kFirstCode) / kCodesPerOctave + kFirstOctave;
  const std::uint64_t part = kCodesPerOctave + (code - kFirstCode) % kCodesPerOctave;
  const std::uint64_t first = (part << exponent) + kCodesPerOctave - 1;
  const std::uint64_t last = ((part + 1) << exponent) - 1;
  return Duration{static_cast<std::int64_t>(((first >> kCodeBits) + (last >> kCodeBits)) / 2)};
}

/// The bucket of the counts.
std::uint16_t count_bucket(std::uint16_t code) {
  const unsigned shift = kCodeBits - kSubBits;
  return static_cast<std::uint16_t>(code < kFirstCode ? 0 : (code - kFirstCode) >> shift);
}

}  // namespace

Duration RttPool::middle_of(std::size_t bucket) {
  const std::size_t step = bucket / kPerOctave + kFirstOctave - kSubBits;
  const std::int64_t twice = 2 * static_cast<std::int64_t>(kPerOctave + bucket % kPerOctave) + 1;
  return Duration{(twice << step) / 2};
}

void RttPool::add(RttSamples& samples, Duration rtt) {
  const std::uint16_t code = code_of(rtt);
  if (samples.list == 0 && samples.listed < RttSamples::kMaxInline) {
    samples.inlined[samples.listed++] = code;
  } else if (samples.list != 0 || begin_list(samples)) {
    add_further(samples, code);
  } else {
    complete_ = false;
  }
}

void RttPool::add_further(RttSamples& samples, std::uint16_t code) {
  samples.inlined[kLeast] = std::min(samples.inlined[kLeast], code);
  samples.inlined[kGreatest] = std::max(samples.inlined[kGreatest], code);
  block(samples.list).list[samples.listed++] = code;
  if (samples.listed == Block::kMaxListed) count_listed(samples);
}

bool RttPool::begin_list(RttSamples& samples) {
  samples.list = allocate();
  if (samples.list == 0) return false;
  std::copy(samples.inlined.begin(), samples.inlined.end(), block(samples.list).list.begin());
  const auto [least, greatest] =
      std::minmax_element(samples.inlined.begin(), samples.inlined.end());
  samples.inlined = {*least, *greatest};
  return true;
}

/// Moves the samples of the list into the counts.
void RttPool::count_listed(RttSamples& samples) {
  const auto listed = block(samples.list).list;
  for (const std::uint16_t code : listed) complete_ &= count(samples, code);
  samples.listed = 0;
}

bool RttPool::count(RttSamples& samples, std::uint16_t code) {
  const std::uint16_t bucket = count_bucket(code);
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
  for (const std::uint16_t code : listed(samples)) ++counts[count_bucket(code)];
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
  const std::span<const std::uint16_t> codes = listed(samples);
  const std::size_t n = codes.size();
  if (n == 0) return {};
  std::array<std::uint16_t, Block::kMaxListed> sorted;
  std::sort(sorted.begin(), std::copy(codes.begin(), codes.end(), sorted.begin()));
  return {value_of(sorted[rank_of(50, n) - 1]), value_of(sorted[rank_of(99, n) - 1]), n};
}

RttQuantiles RttPool::quantiles(const RttSamples& samples) const {
  if (samples.counts == 0) return quantiles_of_list(samples);
  const Counts counts = gather(samples);
  const std::uint64_t n = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (n == 0) return {};
  const Duration least = value_of(samples.inlined[kLeast]);
  const Duration greatest = value_of(samples.inlined[kGreatest]);
  const auto quantile = [&](std::uint64_t percent) {
    return std::clamp(at_rank(counts, rank_of(percent, n)), least, greatest);
  };
  return {quantile(50), quantile(99), n};
}

}  // namespace synfin
