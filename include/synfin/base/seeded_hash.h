/// \file
/// SeededHash: hashes of addresses, for tables whose keys an attacker can choose. Each factor of
/// each product has a secret, because a product with a factor of zero is zero whatever the other
/// one is. Tested in tests/unit/base/mix_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "synfin/base/address.h"
#include "synfin/base/five_tuple.h"
#include "synfin/base/mix.h"
#include "synfin/base/seed.h"

namespace synfin {

class SeededHash {
 public:
  SeededHash() : SeededHash(random_seed()) {}
  explicit SeededHash(std::uint64_t seed) {
    for (std::uint64_t& key : keys_) key = split_mix64(seed);
  }

  std::size_t operator()(const Address& a) const {
    return mix64(a.high() ^ keys_[0], a.low() ^ keys_[1]);
  }
  std::size_t operator()(const Address& a, std::uint64_t number) const {
    return mix64((*this)(a) ^ keys_[2], number ^ keys_[3]);
  }
  std::size_t operator()(const Endpoint& a, const Endpoint& b, std::uint64_t number = 0) const {
    const std::uint64_t ports = std::uint64_t{a.port} << 16 | b.port | number << 32;
    return mix64((*this)(a.address) ^ keys_[2], (*this)(b.address) + keys_[3]) ^
           mix64(ports ^ keys_[4], keys_[5]);
  }

 private:
  std::array<std::uint64_t, 6> keys_{};
};

}  // namespace synfin
