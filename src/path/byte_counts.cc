// See byte_counts.h.
#include "path/byte_counts.h"

#include <algorithm>

namespace synfin {
namespace {

struct Edge {
  std::int64_t at = 0;
  bool opens = false;
  bool at_target = false;
  bool judged = false;
};

void apply(const Edge& edge, ByteCount& count) {
  const std::uint32_t step = edge.opens ? 1u : ~0u;
  (edge.at_target ? count.arrived : count.sent) += step;
  if (edge.judged) (edge.at_target ? count.judged_arrived : count.judged_sent) += step;
}

}  // namespace

std::vector<ByteCount> count_bytes(std::span<const ByteRange> ranges) {
  std::vector<Edge> edges;
  edges.reserve(2 * ranges.size());
  for (const ByteRange& r : ranges) {
    if (r.begin >= r.end) continue;
    edges.push_back({r.begin, true, r.at_target, r.judged});
    edges.push_back({r.end, false, r.at_target, r.judged});
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.at < b.at; });
  std::vector<ByteCount> counts;
  ByteCount current;
  for (const Edge& edge : edges) {
    if (edge.at > current.begin && (current.sent != 0 || current.arrived != 0)) {
      counts.push_back(current);
      counts.back().end = edge.at;
    }
    current.begin = edge.at;
    apply(edge, current);
  }
  return counts;
}

const ByteCount* find_byte(std::span<const ByteCount> counts, std::int64_t byte) {
  const auto after =
      std::upper_bound(counts.begin(), counts.end(), byte,
                       [](std::int64_t b, const ByteCount& c) { return b < c.begin; });
  if (after == counts.begin()) return nullptr;
  const ByteCount& found = *std::prev(after);
  return byte < found.end ? &found : nullptr;
}

}  // namespace synfin
