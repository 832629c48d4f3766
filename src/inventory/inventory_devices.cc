// See inventory.h. MAC addresses: which device a host is, and devices that change their address.
#include <algorithm>

#include "inventory/devices.h"
#include "inventory/port_ranges.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory.h"

namespace synfin {

struct Inventory::Neighbors {
  Devices devices;
  MacVendors vendors;
};

Inventory::Inventory(InventoryRules rules, Describe describe)
    : rules_(std::move(rules)),
      describe_(std::move(describe)),
      table_(std::make_unique<HostTable>(rules_.max_hosts)),
      neighbors_(std::make_unique<Neighbors>()) {}
Inventory::~Inventory() = default;

void Inventory::note_mac(const Address& ip, std::uint64_t mac, bool on_link) {
  Devices& devices = neighbors_->devices;
  if (!on_link) {
    for (const std::uint32_t id : devices.add_router(mac)) forget_mac(table_->at(id));
    return;
  }
  if (devices.is_router(mac)) return;
  if (HostEntry* const host = table_->find(ip)) {
    set_mac(*host, mac);
  } else {
    devices.remember(ip, mac);
  }
}

void Inventory::recall_mac(HostEntry& host) {
  if (const auto mac = neighbors_->devices.take_remembered(host.ip)) set_mac(host, *mac);
}

void Inventory::restore_device(HostEntry& host) {
  std::vector<std::uint32_t> others;
  if (host.about && !host.about->mac.empty()) {
    if (const auto mac = parse_mac(host.about->mac))
      (void)neighbors_->devices.add(*mac, host.id, others);
  }
}

void Inventory::set_mac(HostEntry& host, std::uint64_t mac) {
  std::string text = format_mac(mac);
  if (host.about && host.about->mac == text) return;
  forget_mac(host);
  std::vector<std::uint32_t> others;
  const bool added = neighbors_->devices.add(mac, host.id, others);
  for (const std::uint32_t id : others) forget_mac(table_->at(id));
  if (!added) return;
  if (!host.about) {
    host.about = std::make_unique<HostSummary>();
    host.about->ip = host.ip;
  }
  host.about->mac = std::move(text);
  host.about->vendor = neighbors_->vendors.name(mac);
  table_->touch(host);
}

void Inventory::forget_mac(HostEntry& host) {
  if (!host.about || host.about->mac.empty()) return;
  if (const auto mac = parse_mac(host.about->mac)) neighbors_->devices.remove(*mac, host.id);
  host.about->mac.clear();
  host.about->vendor.clear();
  table_->touch(host);
}

/// The host that had the MAC address of a new one before, and has not answered since that appeared.
/// Null if there is none, or if the device uses several addresses of a kind in turn.
HostEntry* Inventory::former_host(const HostEntry& host) {
  if (!host.about || host.about->mac.empty()) return nullptr;
  const auto mac = parse_mac(host.about->mac);
  if (!mac) return nullptr;
  HostEntry* former = nullptr;
  for (const std::uint32_t id : neighbors_->devices.hosts(*mac)) {
    HostEntry& other = table_->at(id);
    if (id == host.id || !other.announced || other.ip.is_v4() != host.ip.is_v4()) continue;
    if (former != nullptr || other.last_seen >= host.first_seen) return nullptr;
    former = &other;
  }
  const bool returns = former != nullptr && former->about->previous == host.ip;
  return returns ? nullptr : former;
}

/// The device has a new address, at which it is the same: what is known about it moves there.
void Inventory::move_device(HostEntry& former, HostEntry& host) {
  const std::vector<std::uint32_t> shown = host.keys;
  for (PortEntry& port : former.ports) {
    stop_waiting(former, port);
    if (PortEntry* const known = host.find(port.key)) {
      if (port.is_proven() && known->is_proven())
        known->first_proof = std::min(known->first_proof, port.first_proof);
      known->attempts += port.attempts;
      known->successes += port.successes;
      continue;
    }
    host.open_ports += port.state == PortState::Open;
    host.idle_ports += !port.opened;
    host.add(port.key) = std::move(port);
  }
  std::vector<std::uint32_t> more;
  for (const std::uint32_t key : shown) {
    const bool known = std::binary_search(former.keys.begin(), former.keys.end(), key);
    if (!known && host.find(key)->state == PortState::Open) more.push_back(key);
  }
  if (!host.closed) host.closed = std::move(former.closed);
  host.first_seen = former.first_seen;
  host.about->previous = former.ip;
  host.announced = true;
  const Timestamp time = former.last_seen;
  forget_mac(former);
  former.ports.clear();
  former.keys.clear();
  former.closed.reset();
  former.open_ports = former.idle_ports = 0;
  former.announced = false;
  table_->touch(former);
  table_->touch(host);
  emit(ChangeKind::Moved, host, nullptr, std::max(time, host.last_seen),
       {.kind = ChangeCauseKind::SameDevice, .client = former.ip});
  for (const std::uint32_t key : more) {
    const PortEntry& port = *host.find(key);
    emit(ChangeKind::NewPort, host, &port, port.first_proof, {.kind = ChangeCauseKind::FirstPorts});
  }
}

}  // namespace synfin
