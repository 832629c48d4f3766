// See port_ranges.h.
#include "inventory/port_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace synfin {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

std::optional<PortRanges> PortRanges::parse(std::string_view text) {
  PortRanges set;
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    const std::size_t dash = std::min(part.find('-'), part.size());
    const auto first = parse_port(part.substr(0, dash));
    const auto last = dash == part.size() ? first : parse_port(part.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    set.insert(*first, *last);
    if (comma == text.size()) return set;
    text.remove_prefix(comma + 1);
  }
}

bool PortRanges::contains(std::uint16_t port) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), port,
                                      [](std::uint16_t p, const Range& r) { return p < r.first; });
  return after != ranges_.begin() && port <= std::prev(after)->last;
}

std::vector<PortRanges::Range>::iterator PortRanges::range_at(int port) {
  return std::lower_bound(ranges_.begin(), ranges_.end(), port,
                          [](const Range& r, int p) { return r.last < p; });
}

void PortRanges::insert(std::uint16_t first, std::uint16_t last) {
  Range merged{first, last};
  const auto from = range_at(first - 1);
  auto to = from;
  for (; to != ranges_.end() && last + 1 >= to->first; ++to) {
    merged.first = std::min(merged.first, to->first);
    merged.last = std::max(merged.last, to->last);
  }
  if (from == to) {
    ranges_.insert(from, merged);
    return;
  }
  *from = merged;
  ranges_.erase(from + 1, to);
}

void PortRanges::erase(std::uint16_t port) {
  const auto range = range_at(port);
  if (range == ranges_.end() || port < range->first) return;
  const Range rest{static_cast<std::uint16_t>(port + 1), range->last};
  const bool has_rest = port < range->last;
  if (port > range->first) {
    range->last = static_cast<std::uint16_t>(port - 1);
    if (has_rest) ranges_.insert(range + 1, rest);
  } else if (has_rest) {
    *range = rest;
  } else {
    ranges_.erase(range);
  }
}

bool PortRanges::insert_within(std::uint16_t port, std::size_t max) {
  const auto at = range_at(port - 1);
  if (at != ranges_.end() && at->first <= port && port <= at->last) return false;
  const bool touches = at != ranges_.end() && at->first <= port + 1;
  if (!touches && ranges_.size() >= max) return false;
  insert(port);
  return true;
}

bool PortRanges::erase_within(std::uint16_t port, std::size_t max) {
  const auto at = range_at(port);
  if (at == ranges_.end() || port < at->first) return false;
  const bool splits = at->first < port && port < at->last;
  if (splits && ranges_.size() >= max) return false;
  erase(port);
  return true;
}

std::size_t PortRanges::size() const {
  std::size_t ports = 0;
  for (const Range& range : ranges_) ports += range.last - range.first + 1u;
  return ports;
}

std::string PortRanges::pack() const {
  std::string bytes;
  for (const Range& range : ranges_) {
    for (const std::uint16_t port : {range.first, range.last}) {
      bytes += static_cast<char>(port >> 8);
      bytes += static_cast<char>(port & 0xFF);
    }
  }
  return bytes;
}

PortRanges PortRanges::unpack(std::string_view bytes, std::size_t max) {
  PortRanges set;
  const auto port_at = [&](std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                      static_cast<unsigned char>(bytes[at + 1]));
  };
  set.ranges_.reserve(std::min(bytes.size() / 4, max));
  int end = -2;  // of the last range
  for (std::size_t at = 0; at + 4 <= bytes.size() && set.ranges_.size() < max; at += 4) {
    const Range range{port_at(at), port_at(at + 2)};
    // pack() writes ranges in order and with a gap between two.
    if (range.first <= end + 1 || range.last < range.first) continue;
    set.ranges_.push_back(range);
    end = range.last;
  }
  return set;
}

std::string PortRanges::to_string() const {
  std::string text;
  for (const Range& range : ranges_) {
    if (!text.empty()) text += ',';
    text += range.first == range.last ? fmt::format("{}", range.first)
                                      : fmt::format("{}-{}", range.first, range.last);
  }
  return text;
}

}  // namespace synfin
