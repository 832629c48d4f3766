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

  ChangeCause cause() const {
    ChangeCauseKind kind = ChangeCauseKind::NoAnswer;
    if (state == PortState::Open) kind = ChangeCauseKind::Handshake;
    if (state == PortState::Closed) kind = ChangeCauseKind::Refused;
    if (state == PortState::Unreachable) kind = ChangeCauseKind::IcmpError;
    return {.kind = kind,
            .icmp_type = icmp_type,
            .icmp_code = icmp_code,
            .ns = synack_rtt.count(),
            .client = tuple.orig.address};
  }
};

}  // namespace synfin
