// See host_table.h.
#include "synfin/inventory/host_table.h"

#include <algorithm>
#include <utility>

#include "inventory/port_ranges.h"
#include "synfin/base/mix.h"
#include "synfin/base/prefetch.h"

namespace synfin {
namespace {

constexpr std::size_t kFirstIndex = 1024;

std::size_t to_index(std::ptrdiff_t place) { return static_cast<std::size_t>(place); }

constexpr std::size_t kMaxNetworks = 65'536;

/// Room for ports that hosts share, however few hosts there may be.
constexpr std::size_t kMinShared = 8192;

}  // namespace

HostEntry::HostEntry() = default;
HostEntry::HostEntry(HostEntry&&) noexcept = default;
HostEntry& HostEntry::operator=(HostEntry&&) noexcept = default;
HostEntry::~HostEntry() = default;

PortEntry* HostEntry::find(std::uint32_t key) {
  const auto place = std::lower_bound(keys.begin(), keys.end(), key);
  return place != keys.end() && *place == key ? &ports[to_index(place - keys.begin())] : nullptr;
}

const PortEntry* HostEntry::find(std::uint32_t key) const {
  return const_cast<HostEntry*>(this)->find(key);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

PortEntry& HostEntry::add(std::uint32_t key) {
  const auto place = std::lower_bound(keys.begin(), keys.end(), key);
  const auto at = place - keys.begin();
  keys.insert(place, key);
  PortEntry entry;
  entry.key = key;
  return *ports.insert(ports.begin() + at, std::move(entry));
}

std::size_t HostEntry::open_without_entry() const { return more_open ? more_open->size() : 0; }

HostTable::HostTable(std::size_t max_hosts) : max_hosts_(max_hosts), index_(kFirstIndex) {}
HostTable::~HostTable() = default;

HostEntry* HostTable::find(const Address& ip) {
  for (std::size_t at = hash_(ip);; ++at) {
    const std::uint32_t id = index_[at & (index_.size() - 1)];
    if (id == 0) return nullptr;
    if (hosts_[id - 1].ip == ip) return &hosts_[id - 1];
  }
}

HostTable::Place HostTable::find(const Address& ip, std::uint32_t key) {
  HostEntry* const host = find(ip);
  if (host == nullptr) return {};
  return {host, host->find(key)};
}

void HostTable::prefetch(const Address& ip, std::uint32_t key, int step) {
  const std::uint32_t& id = index_[hash_(ip) & (index_.size() - 1)];
  if (step == 0) return prefetch_line(&id);
  if (id == 0) return;
  HostEntry& host = hosts_[id - 1];  // mostly the one of this address
  if (step == 1) {
    prefetch_line(&host);
    return prefetch_line(reinterpret_cast<const char*>(&host + 1) - 1);
  }
  if (step == 2) return prefetch_line(host.keys.data());
  const PortEntry* const port = host.find(key);
  if (port == nullptr) return;
  if (step == 4) return port->evidence.prefetch();
  prefetch_line(port);
  prefetch_line(reinterpret_cast<const char*>(port + 1) - 1);
}

HostEntry* HostTable::add(const Address& ip) {
  if (hosts_.size() >= max_hosts_) {
    ++refused_;
    return nullptr;
  }
  if ((hosts_.size() + 1) * 2 > index_.size()) grow();
  HostEntry& host = hosts_.emplace_back();
  host.ip = ip;
  host.id = static_cast<std::uint32_t>(hosts_.size());
  insert(host.id);
  return &host;
}

void HostTable::insert(std::uint32_t id) {
  std::size_t at = hash_(hosts_[id - 1].ip);
  while (index_[at & (index_.size() - 1)] != 0) ++at;
  index_[at & (index_.size() - 1)] = id;
}

void HostTable::grow() {
  index_.assign(index_.size() * 2, 0);
  for (const HostEntry& host : hosts_) insert(host.id);
}

void HostTable::reserve(std::size_t hosts) {
  max_hosts_ = std::max(max_hosts_, hosts);
  hosts_.reserve(hosts);
  while (hosts * 2 > index_.size()) grow();
}

std::size_t HostTable::max_shared() const {
  return std::max(kMinShared, std::min(max_hosts_, SIZE_MAX / kSharedPorts) * kSharedPorts);
}

PortEntry* HostTable::add_port(HostEntry& host, std::uint32_t key) {
  const std::size_t count = host.ports.size();
  if (count >= kMaxPorts || (count >= kOwnPorts && shared_ >= max_shared())) return nullptr;
  shared_ += count >= kOwnPorts;
  return &host.add(key);
}

PortEntry* HostTable::add_idle_port(HostEntry& host, std::uint32_t key) {
  if (host.idle_ports >= kMaxIdlePorts) return nullptr;
  if (host.ports.size() >= kOwnPorts && shared_ >= max_shared() / 2) return nullptr;
  PortEntry* const port = add_port(host, key);
  host.idle_ports += port != nullptr;
  return port;
}

void HostTable::restore_port(HostEntry& host, PortEntry&& port) {
  if (PortEntry* const place = add_port(host, port.key)) {
    host.open_ports += port.state == PortState::Open;
    host.idle_ports += !port.opened;
    *place = std::move(port);
  } else if (port.state == PortState::Open) {
    note_port(host.more_open, port.port());
  } else if (port.state == PortState::Closed) {
    note_port(host.closed, port.port());
  }
}

void HostTable::remove_port(HostEntry& host, const PortEntry& port) {
  shared_ -= host.ports.size() > kOwnPorts;
  host.open_ports -= port.state == PortState::Open;
  host.idle_ports -= !port.opened;
  const auto at = &port - host.ports.data();
  host.keys.erase(host.keys.begin() + at);
  host.ports.erase(host.ports.begin() + at);
}

std::vector<PortEntry> HostTable::take_ports(HostEntry& host) {
  if (host.ports.size() > kOwnPorts) shared_ -= host.ports.size() - kOwnPorts;
  host.keys.clear();
  host.open_ports = host.idle_ports = 0;
  return std::exchange(host.ports, {});
}

void HostTable::move_open(HostEntry& from, HostEntry& to) {
  auto set = std::exchange(from.more_open, nullptr);
  if (!set) return;
  for (const PortEntry& port : to.ports) set->erase(port.port());
  if (!to.more_open) {
    to.more_open = std::move(set);
    return;
  }
  for (const PortRanges::Range& range : set->ranges()) {
    if (to.more_open->ranges().size() < kMaxRanges) {
      to.more_open->insert(range.first, range.last);
    } else {
      ++ports_refused_;
    }
  }
}

bool HostTable::note_port(std::unique_ptr<PortRanges>& set, std::uint16_t port) {
  if (!set) set = std::make_unique<PortRanges>();
  if (set->insert_within(port, kMaxRanges)) return true;
  ports_refused_ += !set->contains(port);
  return false;
}

Timestamp* HostTable::network_of(HostEntry& host) {
  if (host.network == 0) {
    const Address& ip = host.ip;
    // An IPv4 network has the upper half zero, which no IPv6 network in use has.
    const std::uint64_t network = ip.is_v4() ? ip.v4() >> 8 : ip.high();
    const auto known = network_numbers_.find(network);
    if (known == network_numbers_.end()) {
      if (networks_.size() >= kMaxNetworks) return nullptr;
      networks_.emplace_back();
      network_numbers_.emplace(network, static_cast<std::uint32_t>(networks_.size()));
      host.network = static_cast<std::uint32_t>(networks_.size());
    } else {
      host.network = known->second;
    }
  }
  return &networks_[host.network - 1];
}

void HostTable::touch(HostEntry& host) {
  if (std::exchange(host.dirty, true)) return;
  dirty_.push_back(host.id);
}

}  // namespace synfin
