/// \file
/// RttPool: percentiles of round-trip times for 100,000 keys, in memory that grows with the
/// samples.
///
/// A key stores its first three samples in its own 16 bytes, and up to 64 in a list block, as
/// codes: each octave from 1 µs to 137 s has 2048, and each nanosecond below 1 µs has one. A
/// percentile of so few samples is within 0.03 %. Later samples are stored in one block of 32
/// counts per octave; values outside count in the nearest one. A percentile is then the middle of
/// its count, within 1.6 %, but never less than the least or more than the greatest sample. Blocks
/// come from a bounded pool. When the pool is empty, samples that need a new block are dropped, and
/// complete() returns false. Not thread-safe. Tested in tests/unit/stats/rtt_histogram_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "synfin/base/time.h"
#include "synfin/stats/lazy_array.h"

namespace synfin {

/// Percentiles, each within 2 % of a sample; kNoDuration without samples.
struct RttQuantiles {
  Duration p50 = kNoDuration;
  Duration p99 = kNoDuration;
  std::uint64_t samples = 0;
};

/// The samples of one key. The pool owns its blocks.
struct RttSamples {
  static constexpr std::size_t kMaxInline = 3;

  std::uint32_t list = 0;  ///< the number of the list's block + 1; 0 = the samples are in `inlined`
  std::uint32_t counts = 0;  ///< the number of the first block of counts + 1
  std::uint16_t listed = 0;  ///< samples in the list, or in `inlined`
  /// The first samples; once there is a list, the least and the greatest sample.
  std::array<std::uint16_t, kMaxInline> inlined{};
};

class RttPool {
 public:
  explicit RttPool(std::size_t max_blocks) : max_blocks_(max_blocks), blocks_(max_blocks) {}

  void add(RttSamples& samples, Duration rtt);
  /// Frees the blocks and resets `samples`.
  void release(RttSamples& samples);
  /// Nearest-rank percentiles.
  RttQuantiles quantiles(const RttSamples& samples) const;

  /// False once a sample was dropped.
  bool complete() const { return complete_; }
  std::size_t memory() const { return used_ * sizeof(Block); }

 private:
  static constexpr unsigned kSubBits = 5;
  static constexpr unsigned kPerOctave = 1u << kSubBits;
  static constexpr unsigned kFirstOctave = 10;  ///< 2^10 ns
  static constexpr unsigned kOctaves = 27;
  static constexpr std::size_t kBuckets = std::size_t{kOctaves} * kPerOctave;

  /// A list of samples, or the counts of one octave.
  struct Block {
    static constexpr std::size_t kMaxListed = 2 * kPerOctave;

    std::uint32_t next = 0;    ///< counts only: the next block of this key
    std::uint32_t octave = 0;  ///< counts only
    union {
      std::array<std::uint32_t, kPerOctave> counts;
      std::array<std::uint16_t, kMaxListed> list;
    };
  };
  using Counts = std::array<std::uint64_t, kBuckets>;

  static Duration middle_of(std::size_t bucket);
  static Duration at_rank(const Counts& counts, std::uint64_t rank);

  Block& block(std::uint32_t number) { return blocks_[number - 1]; }
  const Block& block(std::uint32_t number) const { return blocks_[number - 1]; }
  std::span<const std::uint16_t> listed(const RttSamples& samples) const;
  Counts gather(const RttSamples& samples) const;
  RttQuantiles quantiles_of_list(const RttSamples& samples) const;
  std::uint32_t allocate();
  void add_further(RttSamples& samples, std::uint16_t code);
  bool begin_list(RttSamples& samples);
  void count_listed(RttSamples& samples);
  bool count(RttSamples& samples, std::uint16_t code);
  std::uint32_t counts_of(RttSamples& samples, std::uint32_t octave);

  std::size_t max_blocks_;
  LazyArray<Block> blocks_;
  std::size_t used_ = 0;             ///< blocks ever allocated
  std::vector<std::uint32_t> free_;  ///< numbers + 1
  bool complete_ = true;
};

}  // namespace synfin
