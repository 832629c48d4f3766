/// \file
/// PrefixSet: a set of IPv6 blocks with fast look-ups, for filter files with a million lines.
/// Tested in tests/unit/filter/address_set_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/cidr.h"
#include "synfin/base/seeded_hash.h"

namespace synfin {

/// A hash table of blocks by network and length, linked through the blocks, because sorting or
/// copying a million would take longer than a short run. A look-up hashes the address once for each
/// length in use, of which a list has few; a bitmap of hashes answers nearly all of them. Memory:
/// 24 bytes for each block, and up to 4 MiB.
class PrefixSet {
 public:
  /// Adds a block. contains() ignores it until the next build().
  void add(const Cidr& block) { prefixes_.push_back({block.first(), kNone, block.bits()}); }
  void reserve(std::size_t blocks) { prefixes_.reserve(prefixes_.size() + blocks); }
  /// Idempotent.
  void build();

  bool contains(const Address& address) const;
  bool empty() const { return prefixes_.empty(); }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Prefix {
    Address network;
    std::uint32_t next = kNone;  ///< the next one of the same bucket
    std::uint32_t length = 0;
  };

  std::size_t bit_of(std::uint64_t hash) const { return hash >> bit_shift_; }
  std::size_t bucket_of(std::uint64_t hash) const { return hash & (buckets_.size() - 1); }

  std::vector<Prefix> prefixes_;
  SeededHash hash_;
  std::vector<std::uint32_t> buckets_;  ///< the first prefix of each, or kNone
  std::vector<std::uint64_t> bits_;     ///< a bit for each value of the upper bits of a hash
  std::vector<unsigned> lengths_;       ///< lengths in use, ascending
  unsigned bit_shift_ = 0;
};

}  // namespace synfin
