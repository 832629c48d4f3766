// See frequent_addresses.h.
#include "synfin/report/frequent_addresses.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace synfin {

void FrequentAddresses::extend_to(Timestamp time) {
  if (!any_) {
    begin_ = start_ = end_ = time;
    any_ = true;
  }
  begin_earlier(time);
  start_ = std::min(start_, time);
  end_ = std::max(end_, time);
}

/// Merges pairs of units.
void FrequentAddresses::halve() {
  unit_ *= 2;
  for (auto& [address, units] : addresses_) {
    Units half{};
    for (std::size_t i = 0; i < kUnits; ++i) {
      if ((units[i / 64] >> (i % 64) & 1) != 0) half[i / 128] |= std::uint64_t{1} << (i / 2 % 64);
    }
    units = half;
  }
}

/// Moves the beginning back to `time`: records arrive in the order of ends, so a later record may
/// have started earlier than all others.
void FrequentAddresses::begin_earlier(Timestamp time) {
  while (begin_ > time) {
    // After halving, the used units are moved from the first half to the second.
    halve();
    begin_ -= unit_ * static_cast<std::int64_t>(kUnits / 2);
    for (auto& [address, units] : addresses_) {
      std::copy_n(units.begin(), units.size() / 2,
                  units.begin() + static_cast<std::ptrdiff_t>(units.size() / 2));
      std::fill_n(units.begin(), units.size() / 2, 0);
    }
  }
}

/// REQUIRES: time >= begin_.
std::size_t FrequentAddresses::unit_of(Timestamp time) {
  while ((time - begin_) / unit_ >= static_cast<std::int64_t>(kUnits)) halve();
  return static_cast<std::size_t>((time - begin_) / unit_);
}

void FrequentAddresses::add(const Address& remote, Timestamp first, Timestamp last) {
  extend_to(first);
  extend_to(last);
  auto at = addresses_.find(remote);
  if (at == addresses_.end()) {
    if (addresses_.size() >= max_addresses_) return;
    at = addresses_.emplace(remote, Units{}).first;
  }
  const std::size_t end = unit_of(std::max(first, last));  // evaluated first, because it may halve
  for (std::size_t i = unit_of(first); i <= end; ++i) {
    at->second[i / 64] |= std::uint64_t{1} << (i % 64);
  }
}

std::vector<FrequentAddresses::Frequency> FrequentAddresses::at_least(double percent) const {
  std::vector<Frequency> rows;
  const std::int64_t first = (start_ - begin_) / unit_;
  const std::int64_t last = (end_ - begin_) / unit_;
  const auto all = static_cast<double>(last - first + 1);
  for (const auto& [address, units] : addresses_) {
    int n = 0;
    for (const std::uint64_t word : units) n += std::popcount(word);
    const double share = 100.0 * n / all;
    if (share >= percent) rows.push_back({address, share});
  }
  std::sort(rows.begin(), rows.end(), [](const Frequency& a, const Frequency& b) {
    return std::tuple(-a.percent, a.address) < std::tuple(-b.percent, b.address);
  });
  return rows;
}

std::string frequent_addresses_text(const std::vector<FrequentAddresses::Frequency>& rows,
                                    double percent) {
  std::string text =
      fmt::format("# Addresses connected at least {:g} % of the time, by synfin\n", percent);
  for (const FrequentAddresses::Frequency& row : rows) {
    text += fmt::format("{}  # {:.1f} %\n", row.address.to_string(), row.percent);
  }
  return text;
}

}  // namespace synfin
