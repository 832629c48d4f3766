/// \file
/// PortRanges: a set of port numbers as sorted ranges. Tested in
/// tests/unit/inventory/port_ranges_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace synfin {

class PortRanges {
 public:
  struct Range {
    std::uint16_t first = 0;
    std::uint16_t last = 0;  ///< included

    friend bool operator==(const Range&, const Range&) = default;
  };

  /// Parses "22,80,8000-8080". Returns nothing for other texts.
  static std::optional<PortRanges> parse(std::string_view text);
  /// The set that pack() returned, but for ranges beyond the first `max`; unusable bytes are left
  /// out.
  static PortRanges unpack(std::string_view bytes, std::size_t max = SIZE_MAX);

  bool contains(std::uint16_t port) const;
  void insert(std::uint16_t first, std::uint16_t last);
  void insert(std::uint16_t port) { insert(port, port); }
  void erase(std::uint16_t port);
  /// The same, unless the set would have more than `max` ranges. Returns whether the set changed.
  bool insert_within(std::uint16_t port, std::size_t max);
  bool erase_within(std::uint16_t port, std::size_t max);

  bool empty() const { return ranges_.empty(); }
  std::size_t size() const;  ///< ports
  std::span<const Range> ranges() const { return ranges_; }
  std::string pack() const;
  std::string to_string() const;  ///< as parse() reads it

 private:
  /// The first range that ends at or behind `port`.
  std::vector<Range>::iterator range_at(int port);

  std::vector<Range> ranges_;  ///< sorted, neither overlapping nor adjacent
};

}  // namespace synfin
