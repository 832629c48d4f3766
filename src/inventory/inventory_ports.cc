// See inventory.h. Which ports have an entry, and what remains of those for which there is no room.
#include <algorithm>
#include <tuple>

#include "inventory/port_ranges.h"
#include "inventory/proof.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory.h"

namespace synfin {
namespace {

bool has(const std::unique_ptr<PortRanges>& set, std::uint16_t port) {
  return set && set->contains(port);
}

}  // namespace

/// The entry of a port that has none yet. Null if it gets none.
PortEntry* Inventory::add_port(HostEntry& host, std::uint32_t key, const Proof& proof) {
  const std::uint16_t number = proof.tuple.resp.port;
  const bool open = proof.state == PortState::Open;
  const bool open_before = has(host.more_open, number);
  const bool refused_before = has(host.closed, number);
  const bool forgeable = proof.state == PortState::Provisional;
  PortEntry* port = nullptr;
  if (open) {
    port = add_open_port(host, key);
  } else if (!open_before && !(forgeable && refused_before)) {
    port = table_->add_idle_port(host, key);
  }
  if (port == nullptr) {
    note_without_entry(host, proof);
    return nullptr;
  }
  if (refused_before) {
    port->state = PortState::Closed;
    port->first_proof = port->last_change = proof.time;
    host.closed->erase_within(number, HostTable::kMaxRanges);
  }
  if (open_before) {  // there was no room before, so this is no change
    port->state = PortState::Open;
    port->opened = true;
    port->first_proof = port->last_change = proof.time;
    host.more_open->erase_within(number, HostTable::kMaxRanges);
    --host.idle_ports;
    if (host.open_ports++ == 0 && !host.announced) announce_later(host, proof.time);
  }
  return port;
}

/// The entry of an open port. If there is no room, the one of a port that is not open is removed:
/// one that never was, else the one that has not been open for longest.
PortEntry* Inventory::add_open_port(HostEntry& host, std::uint32_t key) {
  PortEntry* port = table_->add_port(host, key);
  if (port == nullptr && host.open_ports < host.ports.size()) {
    const auto rank = [](const PortEntry& p) {
      return std::tuple(p.state == PortState::Open, p.opened, p.last_change);
    };
    PortEntry& least = *std::min_element(
        host.ports.begin(), host.ports.end(),
        [rank](const PortEntry& a, const PortEntry& b) { return rank(a) < rank(b); });
    stop_waiting(host, least);
    if (least.state == PortState::Closed) table_->note_port(host.closed, least.port());
    table_->remove_port(host, least);
    port = table_->add_port(host, key);
  }
  host.idle_ports += port != nullptr;
  return port;
}

/// The host keeps only that the port is open or refused.
void Inventory::note_without_entry(HostEntry& host, const Proof& proof) {
  const std::uint16_t number = proof.tuple.resp.port;
  if (proof.state == PortState::Open) {
    table_->note_port(host.more_open, number);
    if (host.closed) host.closed->erase_within(number, HostTable::kMaxRanges);
    table_->touch(host);
  } else if (proof.state == PortState::Closed) {
    const bool changed = has(host.more_open, number)
                             ? host.more_open->erase_within(number, HostTable::kMaxRanges)
                             : table_->note_port(host.closed, number);
    if (changed) table_->touch(host);
  }
}

}  // namespace synfin
