/// \file
/// ServiceProfile: how fast a service answers, and how its established connections end.
///
/// Tested in tests/unit/report/handshakes_test.cc.
#pragma once

#include <array>
#include <cstdint>

#include "report/even_sample.h"
#include "report/numbered_pool.h"
#include "synfin/report/diagnosis.h"
#include "synfin/report/summary_data.h"
#include "synfin/track/event.h"

namespace synfin {

struct HandshakeSample {
  Timestamp at{};
  Duration rtt{};
};

struct ServiceProfile {
  std::array<std::array<std::uint32_t, 2>, 2> closed{};  ///< by RST; by the responder
  std::uint32_t open = 0;
  std::uint32_t connections = 0;
  std::uint32_t syn_retries = 0;
  std::uint32_t retransmitting = 0;
  EvenSample<HandshakeSample, 256> series;  ///< of its handshakes, by record

  void add(const ConnectionRecord& r) {
    syn_retries += r.syn_retries;
    if (r.synack_rtt >= Duration{}) series.add({r.first, r.synack_rtt});
    if (!is_established(counted_outcome(r))) return;
    ++connections;
    retransmitting += r.retransmitted;
    if (r.closed_by == Side::None) {
      ++open;
    } else {
      ++closed[r.rst_basis != RstBasis::None][r.closed_by == Side::Resp];
    }
  }
};

/// Services that come when all profiles are taken have none.
using ServiceProfiles = NumberedPool<ServiceProfile, std::uint16_t>;

}  // namespace synfin
