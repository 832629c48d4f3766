/// \file
/// FrequentAddresses: the share of time in which each remote address was connected, for
/// --save-threshold. Tested in tests/unit/report/frequent_addresses_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/mix.h"
#include "synfin/base/time.h"

namespace synfin {

/// The time that a set of intervals covers, in bounded memory: the latest kMaxIntervals disjoint
/// ones are exact, and for earlier ones the covered time is a sum. Exact if intervals are added in
/// the order of their ends, or in reverse order, and none overlaps more than kMaxIntervals disjoint
/// ones.
class CoveredTime {
 public:
  void add(Timestamp first, Timestamp last);
  Duration total() const;

 private:
  static constexpr std::size_t kMaxIntervals = 12;
  struct Interval {
    Timestamp begin{};
    Timestamp end{};
  };

  void cover_earlier(const Interval& interval);
  void merge_first_into_earlier();

  std::array<Interval, kMaxIntervals + 1> intervals_{};  ///< sorted and disjoint
  std::size_t count_ = 0;
  Interval earlier_span_;  ///< from the first to the last interval of the sum
  Duration earlier_{};     ///< the sum; 0: there are none
};

/// Memory: about 280 bytes for each of at most `max_addresses`; connections of further addresses
/// are counted as ignored.
class FrequentAddresses {
 public:
  explicit FrequentAddresses(std::size_t max_addresses) : max_addresses_(max_addresses) {}

  /// `remote` was connected from `first` to `last`.
  void add(const Address& remote, Timestamp first, Timestamp last);
  /// Extends the observed time span to `time`.
  void extend_to(Timestamp time);

  std::size_t max_addresses() const { return max_addresses_; }
  std::uint64_t ignored() const { return ignored_; }

  struct Frequency {
    Address address;
    double percent = 0;
  };
  /// The addresses that were connected for at least `percent` of the observed time span, longest
  /// first.
  std::vector<Frequency> at_least(double percent) const;

 private:
  struct Hash {
    std::size_t operator()(const Address& a) const {
      return mix64(a.high() ^ 0x9E3779B97F4A7C15, a.low() ^ 0xD1B54A32D192ED03);
    }
  };

  std::size_t max_addresses_;
  std::uint64_t ignored_ = 0;           ///< connections
  Timestamp start_ = Timestamp::max();  ///< earliest time of the observation
  Timestamp end_ = Timestamp::min();
  std::unordered_map<Address, CoveredTime, Hash> addresses_;
};

/// The text of a file for --filter-file: a header, then one address per line with its share as a
/// comment.
std::string frequent_addresses_text(const std::vector<FrequentAddresses::Frequency>& rows,
                                    double percent);

}  // namespace synfin
