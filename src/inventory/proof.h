/// \file
/// Inventory::Proof: what an event proves about a port.
#pragma once

#include <string_view>

#include "synfin/base/five_tuple.h"
#include "synfin/inventory/inventory.h"

namespace synfin {

struct Inventory::Proof {
  Timestamp time{};
  Timestamp first{};  ///< of the attempt
  const FiveTuple& tuple;
  PortState state = PortState::Unknown;
  Duration synack_rtt = kNoDuration;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  unsigned syns = 1;
  std::string_view process;

  Cause cause() const {
    CauseKind kind = CauseKind::NoAnswer;
    if (state == PortState::Open) kind = CauseKind::Handshake;
    if (state == PortState::Closed) kind = CauseKind::Refused;
    if (state == PortState::Unreachable) kind = CauseKind::IcmpError;
    return {.kind = kind,
            .icmp_type = icmp_type,
            .icmp_code = icmp_code,
            .ns = synack_rtt.count(),
            .client = tuple.orig.address};
  }
};

}  // namespace synfin
