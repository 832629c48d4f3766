/// \file
/// ClockModel: the clock of the server's capture, as a function of that of the client's.
///
/// A segment that left the client at c and reached the server at s gives s − c = delay + offset;
/// one in the other direction gives c − s = delay − offset. The smallest of each bound the offset.
/// Half their difference is the offset if the shortest delay is the same in both directions, which
/// nothing in two captures can prove. Half their sum, the shortest round trip divided by two, is
/// how wrong it can be. Tested in tests/unit/path/clock_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "path/match.h"

namespace synfin {

/// The way of a segment along the path; an index of arrays.
enum Way : std::uint8_t { kToServer = 0, kToClient = 1 };
constexpr Way other(Way way) { return way == kToServer ? kToClient : kToServer; }
constexpr Point source_of(Way way) { return way == kToServer ? kClient : kServer; }
constexpr Point target_of(Way way) { return way == kToServer ? kServer : kClient; }

/// One segment that both captures show.
struct ClockSample {
  Timestamp client{};  ///< when the client's capture shows it, by its clock
  Timestamp server{};  ///< when the server's capture shows it, by its clock
  Way way = kToServer;
};

enum class ClockBasis : std::uint8_t {
  BothWays,  ///< offset and delays are known, within the bound
  OneWay,    ///< only their sum is known: delays are those above the shortest
  Assumed,   ///< no segment is in both captures: the clocks are taken as equal
};

struct ClockModel {
  ClockBasis basis = ClockBasis::Assumed;
  Duration offset{0};          ///< server − client at `reference`
  Duration bound{0};           ///< BothWays: the offset is wrong by at most this
  double drift_ppm = 0;        ///< the server's clock gains this on the client's
  double drift_error_ppm = 0;  ///< of drift_ppm; 0 if no drift was estimated
  Timestamp reference{};       ///< of the client's clock
  Way only = kToServer;        ///< OneWay: the captured direction
  bool contradictory = false;  ///< segments arrive before they were sent, at any offset

  /// The time on the client's clock of a time on the server's.
  Timestamp to_client(Timestamp server) const;
  /// The delay of a segment.
  Duration delay(const ClockSample& sample) const;
};

/// Fits the model to samples in any order.
ClockModel fit_clock(std::vector<ClockSample> samples);

}  // namespace synfin
