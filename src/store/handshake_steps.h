/// \file
/// Handshake times as steps of a logarithmic scale, so that servers keep and merge their quantiles
/// cheaply: each octave from 1 µs on has 32 steps, and step 1023 holds all from 72 minutes on.
///
/// The middle of a step is within 1.1 % of each time in it. Steps fit `quantilesTiming`, which is
/// exact below 1024. Tested in tests/unit/store/store_session_test.cc.
#pragma once

#include <algorithm>
#include <cmath>

#include "store/sql.h"
#include "synfin/base/time.h"

namespace synfin {

/// The step of the column synack_rtt.
inline Sql handshake_step_sql() {
  return sql("toUInt16(least(floor((log2(greatest(synack_rtt, 1024)) - 10) * 32), 1023))");
}

/// The middle of a step; kNoDuration for a number that is no step, such as NaN.
inline Duration handshake_time_of(double step) {
  if (!(step >= 0 && step <= 1023)) return kNoDuration;
  return Duration{std::llround(std::exp2(10 + (std::floor(step) + 0.5) / 32))};
}

}  // namespace synfin
