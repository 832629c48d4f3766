/// \file
/// TupleHasher: the hashes of one connection's originator, responder, service and edge, from four
/// multiplications.
///
/// Tables hash with the seed of the run, because a sender of packets chooses the keys and could
/// cause collisions. Sketches hash with `kFixedSeed`, so that the same records give the same
/// estimates; a sender who exploits that can falsify an estimate but slows nothing down.
#pragma once

#include <cstdint>

#include "synfin/base/five_tuple.h"
#include "synfin/base/mix.h"

namespace synfin {

struct TupleHashes {
  std::uint64_t orig = 0;     ///< of the originator's address
  std::uint64_t resp = 0;     ///< of the responder's address
  std::uint64_t service = 0;  ///< of responder and port
  std::uint64_t edge = 0;     ///< of originator and service
};

class TupleHasher {
 public:
  static constexpr std::uint64_t kFixedSeed = 0x73796E66696E;

  explicit constexpr TupleHasher(std::uint64_t seed) {
    for (std::uint64_t& key : keys_) key = split_mix64(seed);
  }

  constexpr TupleHashes operator()(const FiveTuple& t) const {
    TupleHashes h;
    h.orig = address(t.orig.address);
    h.resp = address(t.resp.address);
    h.service = mix64(h.resp ^ keys_[2], keys_[3] ^ t.resp.port);
    h.edge = pair(h.orig, h.service);
    return h;
  }

  constexpr std::uint64_t address(const Address& a) const {
    return mix64(a.high() ^ keys_[0], a.low() ^ keys_[1]);
  }

  /// Combines two hashes; the order matters.
  constexpr std::uint64_t pair(std::uint64_t a, std::uint64_t b) const {
    return mix64(a ^ keys_[4], b + keys_[5]);
  }

  /// Combines two hashes so that swapping them changes only the last bit.
  constexpr std::uint64_t mirrored_pair(std::uint64_t a, std::uint64_t b) const {
    const bool in_order = a < b;
    const std::uint64_t less = in_order ? a : b;
    const std::uint64_t both = pair(less, a ^ b ^ less);
    return (both & ~std::uint64_t{1}) | !in_order;
  }

 private:
  std::uint64_t keys_[6] = {};
};

}  // namespace synfin
