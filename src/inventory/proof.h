/// \file
/// Inventory::Proof: what an event proves about a port.
#pragma once

#include <fmt/format.h>

#include <string>
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

  std::string evidence() const {
    const std::string client = tuple.orig.address.to_string();
    switch (state) {
      case PortState::Open:
        if (synack_rtt == kNoDuration) return client + " completed a handshake";
        return fmt::format("{} completed a handshake, answered in {}", client,
                           format_human(synack_rtt));
      case PortState::Closed:
        return "an RST refused the SYN of " + client;
      case PortState::Unreachable:
        return fmt::format("an ICMP error (type {}, code {}) answered the SYN of {}", icmp_type,
                           icmp_code, client);
      default:
        return fmt::format(
            "several attempts got no answer, the last by {}, while the host or its network answers "
            "otherwise",
            client);
    }
  }
};

}  // namespace synfin
