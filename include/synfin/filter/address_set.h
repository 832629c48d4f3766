/// \file
/// AddressSet: a set of addresses and CIDR blocks with fast look-ups, for filter files with a
/// million lines. Tested in tests/unit/filter/address_set_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/cidr.h"
#include "synfin/base/result.h"
#include "synfin/filter/prefix_set.h"

namespace synfin {

/// Stores sorted, disjoint ranges of IPv4. An index over the upper half of an address leaves a few
/// ranges to search. Memory: 8 bytes for each IPv4 range and 2 MiB; for IPv6 see PrefixSet.
class AddressSet {
 public:
  /// Adds a block. contains() ignores it until the next build().
  void add(const Cidr& block);
  /// add() for a block of IPv4. REQUIRES: bits ≤ 32.
  void add_v4(std::uint32_t network, unsigned bits) {
    const auto rest = static_cast<std::uint32_t>(0xFFFFFFFFull >> bits);
    v4_.push_back({network & ~rest, network | rest});
  }
  /// add() for a block of IPv6. REQUIRES: bits ≤ 128, and `network` is not an IPv4 address.
  void add_v6(const Address& network, unsigned bits) { v6_.add(Cidr::of(network, bits)); }
  /// Prepares for `blocks` more of IPv4. Memory that they do not use is returned by build().
  void reserve(std::size_t blocks);
  /// The same for IPv6.
  void reserve_v6(std::size_t blocks);
  /// Sorts and merges the ranges. Idempotent.
  void build();

  bool contains(const Address& address) const;
  bool empty() const { return v4_.empty() && v6_.empty(); }

 private:
  struct Range {
    std::uint32_t first;
    std::uint32_t last;  ///< inclusive
  };

  static constexpr std::size_t kIndexSize = (1u << 16) + 1;

  static constexpr std::size_t kPrefixes = std::size_t{1} << 24;
  static constexpr unsigned kWordBits = 64;

  /// A bit for each IPv4 prefix of 24 bits that a range touches. Most addresses need no more, and
  /// two MiB stay in the cache where a million ranges do not. Empty if there is no range.
  std::vector<std::uint64_t> v4_prefixes_;
  std::vector<Range> v4_;
  PrefixSet v6_;
  std::vector<std::uint32_t> v4_index_;  ///< upper 16 bits → first range that begins in or after it
};

/// The lines of a filter file, which take at most 512 MiB as IPv4 ranges.
inline constexpr std::size_t kMaxAddressLines = std::size_t{1} << 26;

/// Adds the addresses of a filter file to `set`: one address or CIDR block for each line; `#`
/// begins a comment. Fails with kind Usage, naming file and line. Call set.build() afterwards.
/// A file of more than `max_lines` fails, too.
Status read_address_file(const std::string& path, AddressSet& set,
                         std::size_t max_lines = kMaxAddressLines);

}  // namespace synfin
