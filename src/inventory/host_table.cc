// See host_table.h.
#include "synfin/inventory/host_table.h"

#include <algorithm>
#include <utility>

#include "inventory/port_evidence.h"
#include "inventory/port_ranges.h"
#include "synfin/base/mix.h"
#include "synfin/base/seed.h"

namespace synfin {
namespace {

constexpr std::size_t kFirstIndex = 1024;

bool before(const PortEntry& port, std::uint32_t key) { return port.key < key; }

}  // namespace

PortEntry::PortEntry() = default;
PortEntry::PortEntry(PortEntry&&) noexcept = default;
PortEntry& PortEntry::operator=(PortEntry&&) noexcept = default;
PortEntry::~PortEntry() = default;

PortEvidence& PortEntry::proven_by() {
  if (!evidence) evidence = std::make_unique<PortEvidence>();
  return *evidence;
}

HostEntry::HostEntry() = default;
HostEntry::HostEntry(HostEntry&&) noexcept = default;
HostEntry& HostEntry::operator=(HostEntry&&) noexcept = default;
HostEntry::~HostEntry() = default;

PortEntry* HostEntry::find(std::uint32_t key) {
  const auto place = std::lower_bound(ports.begin(), ports.end(), key, before);
  return place != ports.end() && place->key == key ? &*place : nullptr;
}

const PortEntry* HostEntry::find(std::uint32_t key) const {
  return const_cast<HostEntry*>(this)->find(key);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

PortEntry& HostEntry::add(std::uint32_t key) {
  const auto place = std::lower_bound(ports.begin(), ports.end(), key, before);
  PortEntry entry;
  entry.key = key;
  return *ports.insert(place, std::move(entry));
}

HostTable::HostTable(std::size_t max_hosts)
    : max_hosts_(max_hosts), seed_(random_seed()), index_(kFirstIndex) {}
HostTable::~HostTable() = default;

std::size_t HostTable::home(const Address& ip) const {
  return mix64(ip.high() ^ seed_, ip.low() ^ 0xD1B54A32D192ED03) & (index_.size() - 1);
}

HostEntry* HostTable::find(const Address& ip) {
  for (std::size_t at = home(ip);; at = (at + 1) & (index_.size() - 1)) {
    const std::uint32_t id = index_[at];
    if (id == 0) return nullptr;
    if (hosts_[id - 1].ip == ip) return &hosts_[id - 1];
  }
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
  std::size_t at = home(ip);
  while (index_[at] != 0) at = (at + 1) & (index_.size() - 1);
  index_[at] = host.id;
  return &host;
}

void HostTable::grow() {
  index_.assign(index_.size() * 2, 0);
  for (const HostEntry& host : hosts_) {
    std::size_t at = home(host.ip);
    while (index_[at] != 0) at = (at + 1) & (index_.size() - 1);
    index_[at] = host.id;
  }
}

void HostTable::reserve(std::size_t hosts) {
  hosts_.reserve(std::min(hosts, max_hosts_));
  while (hosts * 2 > index_.size()) grow();
}

void HostTable::touch(HostEntry& host) {
  if (std::exchange(host.dirty, true)) return;
  dirty_.push_back(host.id);
}

}  // namespace synfin
