// See change.h.
#include "synfin/inventory/change.h"

#include <fmt/format.h>

#include <array>

#include "synfin/report/format.h"

namespace synfin {

std::string_view to_string(ChangeKind kind) {
  constexpr std::array<std::string_view, kChangeKinds> kNames = {
      "new_host",    "new_port", "closed",      "reopened",      "silent",
      "unreachable", "gone",     "new_process", "first_contact", "moved"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(PortState state) {
  constexpr std::array<std::string_view, kPortStates> kNames = {
      "unknown", "provisional", "open", "closed", "silent", "unreachable", "gone"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string port_text(const PortSummary& port) {
  return fmt::format("{}/{}", port.port, to_string(port.transport));
}

std::string host_text(const HostSummary& host) {
  const std::string address = host.ip.to_string();
  return host.name.empty() ? address : fmt::format("{} ({})", address, host.name);
}

std::string title_of(const Change& change) {
  const std::string host = host_text(change.host), port = port_text(change.port);
  const std::string by = change.port.process.empty() ? "" : ": " + change.port.process;
  switch (change.kind) {
    case ChangeKind::NewHost:
      return fmt::format(
          "New host {} with {}", host,
          plural(change.ports.size() + change.more_ports, "open port", "open ports"));
    case ChangeKind::NewPort:
      return fmt::format("{}: port {} is now open{}", host, port, by);
    case ChangeKind::Closed:
      return fmt::format("{}: port {} is closed", host, port);
    case ChangeKind::Reopened:
      return fmt::format("{}: port {} is open again{}", host, port, by);
    case ChangeKind::Silent:
      return fmt::format("{}: port {} no longer answers", host, port);
    case ChangeKind::Unreachable:
      return fmt::format("{}: port {} is unreachable", host, port);
    case ChangeKind::Gone:
      return fmt::format("{}: port {} was not seen open for a long time", host, port);
    case ChangeKind::NewProcess:
      return fmt::format("{}: another process answers on port {}{}", host, port, by);
    case ChangeKind::Moved:
      return fmt::format("{} is the new address of the device that had {}", host,
                         change.host.previous.to_string());
    case ChangeKind::FirstContact:
      return fmt::format("{} reached port {} of {} for the first time", change.client.to_string(),
                         port, host);
  }
  return host;
}

}  // namespace synfin
