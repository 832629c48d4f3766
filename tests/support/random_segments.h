/// \file
/// Random input for property tests of the connection table: the same seed gives the same segments.
#pragma once

#include <cstddef>
#include <vector>

#include "synfin/decode/segment.h"

namespace synfin::test {

/// Segments with random flags and numbers between few endpoints, so that the rules of the table
/// interact. Times mostly increase, and no two are equal.
std::vector<Segment> random_segments(unsigned seed, std::size_t count);

/// Interleaved conversations that follow RFC 9293 with repeated SYNs, retransmissions, half-closes,
/// resets, stragglers and reused tuples, all within less than a minute. Data stays within the
/// windows.
std::vector<Segment> random_conversations(unsigned seed, std::size_t count);

}  // namespace synfin::test
