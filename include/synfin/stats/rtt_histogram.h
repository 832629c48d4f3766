/// \file
/// RttPool: percentiles of round trips for a hundred thousand keys at once, each as small as its
/// samples are few.
///
/// A round trip falls into one of 32 buckets of its octave (27 octaves from 1 µs to 137 s; beyond,
/// the nearest end), and is given back as the middle of it: within 1.6 %. The first three samples
/// of a key lie in the key itself, 16 bytes in all; then the key gets one block of 32 counts for
/// each octave that occurs. Blocks come from a pool with a bound; once that is used up, a sample
/// without a block is in no percentile, and complete() says so. Not thread-safe. Tested in
/// tests/unit/stats/rtt_histogram_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "synfin/base/time.h"
#include "synfin/stats/lazy_array.h"

namespace synfin {

/// Percentiles of SYN → SYN-ACK, each within 2 % of a sample; kNoDuration without samples.
struct RttQuantiles {
  Duration p50 = kNoDuration;
  Duration p99 = kNoDuration;
  std::uint64_t samples = 0;
};

/// One key's samples; its blocks belong to the pool.
struct RttSamples {
  static constexpr std::size_t kFew = 3;

  std::uint32_t list = 0;    ///< the number of the list's block + 1; 0 = the samples are in `few`
  std::uint32_t counts = 0;  ///< the number of the first block of counts + 1
  std::uint16_t listed = 0;  ///< samples in the list, or in `few`
  std::array<std::uint16_t, kFew> few{};
};

class RttPool {
 public:
  explicit RttPool(std::size_t max_blocks) : max_blocks_(max_blocks), blocks_(max_blocks) {}

  void add(RttSamples& samples, Duration rtt);
  /// Gives the blocks back and forgets the samples.
  void release(RttSamples& samples);
  /// Nearest-rank percentiles.
  RttQuantiles quantiles(const RttSamples& samples) const;

  /// False once a sample found no room.
  bool complete() const { return complete_; }
  std::size_t memory() const { return used_ * sizeof(Block); }

 private:
  static constexpr unsigned kSubBits = 5;
  static constexpr unsigned kPerOctave = 1u << kSubBits;
  static constexpr unsigned kFirstOctave = 10;  ///< 2^10 ns
  static constexpr unsigned kOctaves = 27;
  static constexpr std::size_t kBuckets = std::size_t{kOctaves} * kPerOctave;

  /// A list, or the counts of one octave.
  struct Block {
    static constexpr std::size_t kListed = 2 * kPerOctave;

    std::uint32_t next = 0;    ///< counts: the next block of this key
    std::uint32_t octave = 0;  ///< counts only
    union {
      std::array<std::uint32_t, kPerOctave> counts;
      std::array<std::uint16_t, kListed> list;
    };
  };
  using Counts = std::array<std::uint64_t, kBuckets>;

  static std::uint16_t bucket_of(Duration rtt);
  static Duration middle_of(std::size_t bucket);
  static Duration at_rank(const Counts& counts, std::uint64_t rank);

  Block& block(std::uint32_t number) { return blocks_[number - 1]; }
  const Block& block(std::uint32_t number) const { return blocks_[number - 1]; }
  std::span<const std::uint16_t> listed(const RttSamples& samples) const;
  Counts gather(const RttSamples& samples) const;
  RttQuantiles quantiles_of_list(const RttSamples& samples) const;
  std::uint32_t allocate();
  void add_further(RttSamples& samples, std::uint16_t bucket);
  bool begin_list(RttSamples& samples);
  void count_listed(RttSamples& samples);
  bool count(RttSamples& samples, std::uint16_t bucket);
  std::uint32_t counts_of(RttSamples& samples, std::uint32_t octave);

  std::size_t max_blocks_;
  LazyArray<Block> blocks_;
  std::size_t used_ = 0;             ///< blocks ever handed out
  std::vector<std::uint32_t> free_;  ///< numbers + 1
  bool complete_ = true;
};

}  // namespace synfin
