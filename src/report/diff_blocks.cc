// merge_changing_originators() of diff.h.
//
// Clients whose addresses change (privacy extensions, DHCP, NAT pools, visitors from the Internet)
// make pairs that no second input contains. They are active briefly. Within a block, the brief
// originators of one service count as changing if each side has several that the other lacks, and
// few are on both sides. An originator that was there for most of the time and then is not is a
// change, not a new address.
#include <algorithm>
#include <set>

#include "report/diff.h"

namespace synfin {
namespace {

constexpr std::size_t kMinOriginators = 4;
constexpr double kMaxCommon = 0.25;      ///< share of the smaller side
constexpr double kMaxActiveShare = 0.5;  ///< of the side's time span

/// Bits of the blocks for IPv4 (mapped into IPv6) and for IPv6, from small to large.
constexpr std::uint8_t kBlocks4[] = {96 + 24, 96 + 16, 0};
constexpr std::uint8_t kBlocks6[] = {64, 48, 0};

Address masked(const Address& a, unsigned bits) {
  const auto mask = [](unsigned n) {
    return n == 0 ? 0 : n >= 64 ? ~std::uint64_t{0} : ~std::uint64_t{0} << (64 - n);
  };
  return Address::from_halves(a.high() & mask(std::min(bits, 64u)),
                              a.low() & mask(bits > 64 ? bits - 64 : 0));
}

/// The key of the block of `level` that contains `key`. All originators together are one block.
DiffKey block_of(const DiffKey& key, std::size_t level) {
  const bool v4 = key.orig.is_v4();
  const std::uint8_t bits = std::min(key.orig_bits, v4 ? kBlocks4[level] : kBlocks6[level]);
  DiffKey block = key;
  block.orig_bits = bits;
  block.orig = bits == 0 ? Address() : masked(key.orig, bits);
  return block;
}

double active_share(const PairFigures& pair, Duration span) {
  if (span <= Duration{} || pair.last < pair.first) return 0;
  return static_cast<double>(saturating_sub(pair.last, pair.first).count()) /
         static_cast<double>(span.count());
}

/// The originators of one block that were active briefly.
struct Members {
  std::set<DiffKey> before, after;  ///< those that the other side does not have
  std::size_t common_before = 0, common_after = 0;

  /// True if the addresses of these originators change all the time.
  bool change() const {
    const std::size_t alone = std::min(before.size(), after.size());
    const auto common = static_cast<double>(std::max(common_before, common_after));
    return alone >= kMinOriginators && common <= kMaxCommon * (static_cast<double>(alone) + common);
  }
};

using Blocks = std::map<DiffKey, Members>;

void add_members(Blocks& blocks, const Pairs& side, const Pairs& other, std::size_t level,
                 Duration span, std::set<DiffKey> Members::*alone, std::size_t Members::*common) {
  for (const auto& [key, pair] : side) {
    if (active_share(pair, span) >= kMaxActiveShare) continue;
    Members& members = blocks[block_of(key, level)];
    other.contains(key) ? void(++(members.*common)) : void((members.*alone).insert(key));
  }
}

void merge(Pairs& side, const std::set<DiffKey>& keys, const DiffKey& block) {
  for (const DiffKey& key : keys) {
    auto node = side.extract(key);
    if (!node.empty()) side[block].add(node.mapped());
  }
  side[block].set_percentiles();
}

}  // namespace

void merge_changing_originators(Pairs& before, Pairs& after, Duration span_before,
                                Duration span_after) {
  for (std::size_t level = 0; level < std::size(kBlocks4); ++level) {
    Blocks blocks;
    add_members(blocks, before, after, level, span_before, &Members::before,
                &Members::common_before);
    add_members(blocks, after, before, level, span_after, &Members::after, &Members::common_after);
    for (const auto& [block, members] : blocks) {
      if (!members.change()) continue;
      merge(before, members.before, block);
      merge(after, members.after, block);
    }
  }
}

std::string originator_text(const DiffKey& key) {
  if (key.orig_bits == 128) return key.orig.to_string();
  if (key.orig_bits == 0) return "any";
  const unsigned bits = key.orig.is_v4() ? key.orig_bits - 96u : key.orig_bits;
  return key.orig.to_string() + "/" + std::to_string(bits);
}

}  // namespace synfin
