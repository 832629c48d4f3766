/// \file
/// FrequentAddresses: which remote addresses were connected for how much of the time, for
/// --save-threshold. Tested in tests/unit/report/frequent_addresses_test.cc.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/mix.h"
#include "synfin/base/time.h"

namespace synfin {

/// Time is cut into at most 1024 units, a second each at first; when they are used up, two become
/// one. An address counts for each unit in which it was connected. Memory: at most `max_addresses`
/// of some 200 bytes; later ones are not counted.
class FrequentAddresses {
 public:
  explicit FrequentAddresses(std::size_t max_addresses) : max_addresses_(max_addresses) {}

  /// `remote` was connected from `first` to `last`.
  void add(const Address& remote, Timestamp first, Timestamp last);
  /// The observation goes on at least so far.
  void see(Timestamp time);

  struct Row {
    Address address;
    double percent = 0;
  };
  /// Those that were connected at least `percent` of the time, most first.
  std::vector<Row> at_least(double percent) const;

 private:
  static constexpr std::size_t kUnits = 1024;
  using Units = std::array<std::uint64_t, kUnits / 64>;
  struct Hash {
    std::size_t operator()(const Address& a) const {
      return mix64(a.high() ^ 0x9E3779B97F4A7C15, a.low() ^ 0xD1B54A32D192ED03);
    }
  };

  std::size_t unit_of(Timestamp time);
  void halve();
  void begin_earlier(Timestamp time);

  std::size_t max_addresses_;
  bool any_ = false;
  Timestamp begin_{};
  Timestamp end_{};
  Duration unit_ = std::chrono::seconds{1};
  std::unordered_map<Address, Units, Hash> addresses_;
};

/// The file: a header, and an address a line with its share as a comment, so that it can be given
/// to --filter-file.
std::string frequent_addresses_text(const std::vector<FrequentAddresses::Row>& rows,
                                    double percent);

}  // namespace synfin
