/// \file
/// PrefixSet: a set of IPv6 blocks with fast look-ups, for filter files with a million lines.
/// Tested in tests/unit/filter/address_set_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/cidr.h"

namespace synfin {

/// Stores each block by the hash of its network and length, unsorted, because sorting a million
/// would take longer than a short run. A look-up hashes the address once for each length in use,
/// of which a list has few; a bitmap of hashes answers nearly all of them. Memory: 24 bytes for
/// each block, and up to 3 MiB.
class PrefixSet {
 public:
  /// Adds a block. contains() ignores it until the next build().
  void add(const Cidr& block) { prefixes_.push_back({block.first(), block.bits()}); }
  void reserve(std::size_t blocks) { prefixes_.reserve(prefixes_.size() + blocks); }
  /// Idempotent.
  void build();

  bool contains(const Address& address) const;
  bool empty() const { return prefixes_.empty(); }

 private:
  struct Prefix {
    Address network;
    unsigned length = 0;
    bool operator==(const Prefix&) const = default;
  };

  static std::uint64_t hash_of(const Prefix& prefix);
  std::size_t bit_of(std::uint64_t hash) const { return hash >> bit_shift_; }
  std::size_t bucket_of(std::uint64_t hash) const { return hash & (buckets_.size() - 2); }

  std::vector<Prefix> prefixes_;        ///< in the order of their buckets
  std::vector<std::uint32_t> buckets_;  ///< bucket → its first prefix; one more at the end
  std::vector<std::uint64_t> bits_;     ///< a bit for each value of the upper bits of a hash
  std::vector<unsigned> lengths_;       ///< lengths in use, ascending
  unsigned bit_shift_ = 0;
};

}  // namespace synfin
