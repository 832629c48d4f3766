/// \file
/// Groups the segments of one stream that are the same at both points: SYNs, FINs, RSTs and pure
/// acknowledgements by their numbers, and data by its last byte.
#pragma once

#include <cstdint>
#include <vector>

#include "path/byte_counts.h"
#include "path/stream.h"

namespace synfin {

/// The same segment at both points, which each point shows exactly once.
struct SameSegment {
  std::uint32_t source = 0;  ///< index in the stream at the source
  std::uint32_t target = 0;
};

/// Segments of one class with equal numbers, sorted by time within each point.
struct SegmentGroup {
  SegmentClass kind = kPureAck;
  std::int64_t begin = 0;  ///< position; behind its data for a FIN
  std::vector<std::uint32_t> source;
  std::vector<std::uint32_t> target;
};

/// All but data.
std::vector<SegmentGroup> group_segments(const Stream& source, const Stream& target);

/// The data of both streams as ranges for count_bytes(), without `judged`.
std::vector<ByteRange> data_ranges(const Stream& source, const Stream& target);

/// `counts` are those of data_ranges().
std::vector<SameSegment> same_segments(const Stream& source, const Stream& target,
                                       const std::vector<SegmentGroup>& groups,
                                       const std::vector<ByteCount>& counts);

/// Segments that the target shows more often than the source, equal even in their IP
/// identification: the network has duplicated them.
std::uint64_t count_duplicates(const Stream& source, const Stream& target);

}  // namespace synfin
