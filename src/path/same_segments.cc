// See same_segments.h.
#include "path/same_segments.h"

#include <algorithm>
#include <tuple>

namespace synfin {
namespace {

struct Item {
  SegmentClass kind = kPureAck;
  std::int64_t begin = 0;
  std::int64_t ack = 0;
  bool at_target = false;
  std::uint32_t index = 0;

  auto key() const { return std::tuple(kind, begin, ack); }
};

void append_items(std::vector<Item>& items, const Stream& stream, bool at_target) {
  for (std::uint32_t i = 0; i < stream.size(); ++i) {
    const Sent& s = stream[i];
    if (s.has(kRst)) {
      items.push_back({kRstSegment, s.begin, 0, at_target, i});
      continue;
    }
    if (s.has(kSyn))
      items.push_back({s.has(kAck) ? kSynAckSegment : kSynSegment, s.begin, 0, at_target, i});
    if (s.has(kFin)) items.push_back({kFinSegment, s.end(), 0, at_target, i});
    if (s.is_pure_ack()) items.push_back({kPureAck, s.begin, s.ack, at_target, i});
  }
}

/// The last byte of a segment with data, and where it is. Sorted by the byte.
using LastByte = std::pair<std::int64_t, std::uint32_t>;
std::vector<LastByte> last_bytes(const Stream& stream, const std::vector<ByteCount>& counts) {
  std::vector<LastByte> bytes;
  for (std::uint32_t i = 0; i < stream.size(); ++i) {
    if (!stream[i].has_data()) continue;
    const ByteCount* count = find_byte(counts, stream[i].end() - 1);
    if (count != nullptr && count->once()) bytes.emplace_back(stream[i].end() - 1, i);
  }
  std::sort(bytes.begin(), bytes.end());
  return bytes;
}

using Identity = std::tuple<std::int64_t, std::uint32_t, std::int64_t, unsigned, unsigned>;
std::vector<Identity> identities(const Stream& stream) {
  std::vector<Identity> all;
  all.reserve(stream.size());
  for (const Sent& s : stream) all.emplace_back(s.begin, s.length, s.ack, s.flags, s.ip_id);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

std::vector<SegmentGroup> group_segments(const Stream& source, const Stream& target) {
  std::vector<Item> items;
  append_items(items, source, false);
  append_items(items, target, true);
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::tuple(a.key(), a.index) < std::tuple(b.key(), b.index);
  });
  std::vector<SegmentGroup> groups;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i == 0 || items[i].key() != items[i - 1].key())
      groups.push_back(
          {.kind = items[i].kind, .begin = items[i].begin, .source = {}, .target = {}});
    (items[i].at_target ? groups.back().target : groups.back().source).push_back(items[i].index);
  }
  return groups;
}

std::vector<ByteRange> data_ranges(const Stream& source, const Stream& target) {
  std::vector<ByteRange> ranges;
  for (const Stream* stream : {&source, &target}) {
    for (const Sent& s : *stream) {
      if (s.has_data()) ranges.push_back({s.data(), s.end(), stream == &target, false});
    }
  }
  return ranges;
}

std::vector<SameSegment> same_segments(const Stream& source, const Stream& target,
                                       const std::vector<SegmentGroup>& groups,
                                       const std::vector<ByteCount>& counts) {
  std::vector<SameSegment> same;
  for (const SegmentGroup& g : groups) {
    const bool counted = g.kind == kFinSegment && g.source.size() == 1 &&
                         source[g.source.front()].has_data();  // it is found by its data
    if (g.source.size() == 1 && g.target.size() == 1 && !counted)
      same.push_back({g.source.front(), g.target.front()});
  }
  const auto sent = last_bytes(source, counts), arrived = last_bytes(target, counts);
  auto a = arrived.begin();
  for (const auto& [byte, index] : sent) {
    while (a != arrived.end() && a->first < byte) ++a;
    if (a != arrived.end() && a->first == byte) same.push_back({index, a->second});
  }
  std::sort(same.begin(), same.end(),
            [](const SameSegment& x, const SameSegment& y) { return x.target < y.target; });
  return same;
}

std::uint64_t count_duplicates(const Stream& source, const Stream& target) {
  const auto sent = identities(source), arrived = identities(target);
  std::uint64_t duplicates = 0;
  for (auto a = arrived.begin(); a != arrived.end();) {
    const auto next = std::upper_bound(a, arrived.end(), *a);
    const auto [from, to] = std::equal_range(sent.begin(), sent.end(), *a);
    if (to > from && next - a > to - from)
      duplicates += static_cast<std::uint64_t>((next - a) - (to - from));
    a = next;
  }
  return duplicates;
}

}  // namespace synfin
