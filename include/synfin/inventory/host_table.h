/// \file
/// HostTable: the hosts of the inventory, by address, and the entries of hosts and ports.
/// Tested in tests/unit/inventory/inventory_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/seeded_hash.h"
#include "synfin/base/time.h"
#include "synfin/base/transport.h"
#include "synfin/inventory/change.h"
#include "synfin/inventory/port_evidence.h"

namespace synfin {

class PortRanges;

/// A port of a host. Its key is its number × 256 + its transport.
struct PortEntry {
  std::uint16_t port() const { return static_cast<std::uint16_t>(key >> 8); }
  Transport transport() const { return static_cast<Transport>(key & 0xFF); }
  /// False if there were only unanswered attempts. The next three times then mean nothing.
  bool is_proven() const { return state != PortState::Unknown; }

  Timestamp first_proof{};  ///< of any state
  Timestamp last_proof{};   ///< of the state it has
  Timestamp last_change{};
  Timestamp waits_until{};  ///< of `waits_for`
  PortEvidence evidence;
  std::uint32_t key = 0;
  std::uint32_t attempts = 0;
  std::uint32_t successes = 0;
  std::uint32_t process = 0;  ///< Inventory::process()
  PortState state = PortState::Unknown;
  PortState was = PortState::Unknown;
  PortState waits_for = PortState::Unknown;  ///< the state that has not settled; Unknown: none
  std::uint8_t icmp = 0;                     ///< the code of the ICMP error
  std::uint8_t flips = 0;                    ///< changes since it was last stable
  std::uint8_t unanswered = 0;               ///< attempts since the last answer
  std::uint8_t silent_syns = 0;              ///< SYNs of these attempts
  bool opened = false;                       ///< was open once
};

struct HostEntry {
  HostEntry();
  HostEntry(HostEntry&&) noexcept;
  HostEntry& operator=(HostEntry&&) noexcept;
  ~HostEntry();

  PortEntry* find(std::uint32_t key);
  const PortEntry* find(std::uint32_t key) const;
  PortEntry& add(std::uint32_t key);
  /// True if nothing is known about it, because its device has another address now.
  bool is_empty() const { return ports.empty() && !closed; }

  Address ip;
  std::uint32_t id = 0;  ///< in the state file; its place in the table + 1
  std::uint32_t open_ports = 0;
  std::uint32_t idle_ports = 0;  ///< entries that never were open
  std::uint32_t network = 0;     ///< HostTable::network(); 0: none
  Timestamp first_seen{};
  Timestamp last_seen{};               ///< the last time that it answered
  std::vector<std::uint32_t> keys;     ///< of `ports`: a search reads one line of the cache
  std::vector<PortEntry> ports;        ///< by key
  std::unique_ptr<PortRanges> closed;  ///< refused ports without an entry; null: none
  std::unique_ptr<HostSummary> about;  ///< null: not looked up
  bool announced = false;              ///< its NewHost change exists
  bool dirty = false;                  ///< it or one of its ports differs from the state file
};

class HostTable {
 public:
  explicit HostTable(std::size_t max_hosts);
  ~HostTable();

  HostEntry* find(const Address& ip);
  /// A host and its port; null if they are not in the table. Valid until a host or port is added.
  struct Place {
    HostEntry* host = nullptr;
    PortEntry* port = nullptr;
  };
  Place find(const Address& ip, std::uint32_t key);
  /// Loads what find() will read, one step with each call: first the place in the index, then the
  /// host, its keys, the port and its evidence. Between two steps, other lookups can take the same
  /// step.
  void prefetch(const Address& ip, std::uint32_t key, int step);
  static constexpr int kPrefetchSteps = 5;

  /// Null if the table is full, which is counted. REQUIRES: find(ip) is null.
  HostEntry* add(const Address& ip);
  HostEntry& at(std::uint32_t id) { return hosts_[id - 1]; }
  std::span<HostEntry> hosts() { return hosts_; }
  std::span<const HostEntry> hosts() const { return hosts_; }
  std::uint64_t refused() const { return refused_; }
  void reserve(std::size_t hosts);

  /// The last answer from the /24 or /64 of a host; unset if it is one network too many.
  Timestamp* network_of(HostEntry& host);
  const Timestamp* network_of(const HostEntry& host) const {
    return host.network == 0 ? nullptr : &networks_[host.network - 1];
  }

  /// Notes that the host or one of its ports differs from the state file.
  void touch(HostEntry& host);
  /// The ids of the hosts that differ, in the order in which they were touched first. The caller
  /// stores them and clears their marks.
  std::vector<std::uint32_t> take_dirty() { return std::exchange(dirty_, {}); }
  std::size_t dirty() const { return dirty_.size(); }

 private:
  void insert(std::uint32_t id);
  void grow();

  std::size_t max_hosts_;
  SeededHash hash_;
  std::vector<HostEntry> hosts_;
  std::vector<std::uint32_t> index_;  ///< ids, by hash; 0 = free; a power of two of them
  std::vector<std::uint32_t> dirty_;
  std::vector<Timestamp> networks_;  ///< the last answer of each
  std::unordered_map<std::uint64_t, std::uint32_t> network_numbers_;
  std::uint64_t refused_ = 0;
};

}  // namespace synfin
