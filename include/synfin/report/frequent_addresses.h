/// \file
/// FrequentAddresses: the share of time in which each remote address was connected, for
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

/// Time is divided into at most 1024 units of one second; when they are used up, units double in
/// width. An address is counted in each unit in which it was connected. Memory: about 200 bytes for
/// each of at most `max_addresses`; further addresses are ignored.
class FrequentAddresses {
 public:
  explicit FrequentAddresses(std::size_t max_addresses) : max_addresses_(max_addresses) {}

  /// `remote` was connected from `first` to `last`.
  void add(const Address& remote, Timestamp first, Timestamp last);
  /// Extends the observed time span to `time`.
  void extend_to(Timestamp time);

  struct Frequency {
    Address address;
    double percent = 0;
  };
  /// The addresses that were connected for at least `percent` of the observed time span, longest
  /// first.
  std::vector<Frequency> at_least(double percent) const;

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
  Timestamp begin_{};  ///< of the first unit
  Timestamp start_{};  ///< earliest time of the observation
  Timestamp end_{};
  Duration unit_ = std::chrono::seconds{1};
  std::unordered_map<Address, Units, Hash> addresses_;
};

/// The text of a file for --filter-file: a header, then one address per line with its share as a
/// comment.
std::string frequent_addresses_text(const std::vector<FrequentAddresses::Frequency>& rows,
                                    double percent);

}  // namespace synfin
