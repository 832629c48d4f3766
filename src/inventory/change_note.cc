// See change_note.h.
#include "synfin/inventory/change_note.h"

#include <fmt/format.h>

namespace synfin {

std::string ChangeCause::sentence(std::string_view process_text, std::size_t ports) const {
  switch (kind) {
    case ChangeCauseKind::Handshake:
      if (Duration{ns} == kNoDuration) return client.to_string() + " completed a handshake";
      return fmt::format("{} completed a handshake, answered in {}", client.to_string(),
                         format_human(Duration{ns}));
    case ChangeCauseKind::Refused:
      return "an RST refused the SYN of " + client.to_string();
    case ChangeCauseKind::IcmpError:
      return fmt::format("an ICMP error (type {}, code {}) answered the SYN of {}", icmp_type,
                         icmp_code, client.to_string());
    case ChangeCauseKind::NoAnswer:
      return fmt::format(
          "several attempts got no answer, the last by {}, while the host or its network answers "
          "otherwise",
          client.to_string());
    case ChangeCauseKind::NotProven:
      return "no handshake was completed since " + format_rfc3339(timestamp_from_ns(ns));
    case ChangeCauseKind::OtherProcess:
      return fmt::format("before: {}", process_text);
    case ChangeCauseKind::NeverReached:
      return client.to_string() + " never reached this service before";
    case ChangeCauseKind::FirstPorts:
      if (ports == 0) return "it completed a handshake";
      return fmt::format("{} port{} completed a handshake", ports, ports == 1 ? "" : "s");
    case ChangeCauseKind::SameDevice:
      return fmt::format("the device was {} before: its MAC address is the same",
                         client.to_string());
    case ChangeCauseKind::None:
      break;
  }
  return {};
}

}  // namespace synfin
