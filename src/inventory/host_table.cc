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
  hosts_.reserve(std::min(hosts, max_hosts_));
  while (hosts * 2 > index_.size()) grow();
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
