/// \file
/// match_connections(): which connection of one trace is which of the other.
///
/// In this order: by the tuple and the sequence numbers; through NAT, by the sequence numbers
/// alone; and through devices that replace sequence numbers, by the tuple or by the bytes and
/// times, if these identify a connection uniquely (match_patterns.cc). Tested in
/// tests/unit/path/match_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "path/trace.h"

namespace synfin {

/// A place where a capture was made. The command names the client's capture first.
enum Point : std::uint8_t { kClient = 0, kServer = 1 };
constexpr Point other(Point point) { return point == kClient ? kServer : kClient; }

enum class MatchBasis : std::uint8_t {
  Tuple,    ///< equal addresses, ports and sequence numbers
  Numbers,  ///< equal sequence numbers; an address or port differs
  Pattern,  ///< other sequence numbers; only the tuple, or bytes and times, identify it
};

struct PathPair {
  std::array<std::uint32_t, 2> connection{};  ///< by Point
  MatchBasis basis = MatchBasis::Tuple;
};

struct MatchResult {
  std::vector<PathPair> pairs;                     ///< in the order of the client's trace
  std::array<std::vector<std::uint32_t>, 2> only;  ///< by Point: those that nothing fits
  std::uint64_t ambiguous = 0;  ///< of the client's: several fit, or it fits one that others fit
};

/// Exchanges originator and responder of a connection (Trace::flip) if the other trace shows that
/// they were guessed wrong.
MatchResult match_connections(Trace& client, Trace& server);

}  // namespace synfin
