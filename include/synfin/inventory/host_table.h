/// \file
/// HostTable: the hosts of the inventory, by address, and the entries of hosts and ports.
/// Tested in tests/unit/inventory/inventory_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/base/time.h"
#include "synfin/base/transport.h"
#include "synfin/inventory/change.h"

namespace synfin {

class PortEvidence;
class PortRanges;

/// A port of a host. Its key is its number × 256 + its transport.
struct PortEntry {
  PortEntry();
  PortEntry(PortEntry&&) noexcept;
  PortEntry& operator=(PortEntry&&) noexcept;
  ~PortEntry();

  std::uint16_t port() const { return static_cast<std::uint16_t>(key >> 8); }
  Transport transport() const { return static_cast<Transport>(key & 0xFF); }
  PortEvidence& proven_by();

  Timestamp first_proof{};  ///< of any state
  Timestamp last_proof{};   ///< of the state it has
  Timestamp last_change{};
  Timestamp waits_until{};                 ///< of `waits_for`
  std::unique_ptr<PortEvidence> evidence;  ///< null: no client was seen
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
  bool dirty = false;                        ///< differs from the state file
};

struct HostEntry {
  HostEntry();
  HostEntry(HostEntry&&) noexcept;
  HostEntry& operator=(HostEntry&&) noexcept;
  ~HostEntry();

  PortEntry* find(std::uint32_t key);
  const PortEntry* find(std::uint32_t key) const;
  PortEntry& add(std::uint32_t key);

  Address ip;
  std::uint32_t id = 0;  ///< in the state file; its place in the table + 1
  std::uint32_t open_ports = 0;
  std::uint32_t idle_ports = 0;  ///< entries that never were open
  Timestamp first_seen{};
  Timestamp last_seen{};               ///< the last time that it answered
  std::vector<PortEntry> ports;        ///< by key
  std::unique_ptr<PortRanges> closed;  ///< refused ports without an entry; null: none
  std::unique_ptr<HostSummary> about;  ///< null: not looked up
  bool announced = false;              ///< its NewHost change exists
  bool dirty = false;
};

class HostTable {
 public:
  explicit HostTable(std::size_t max_hosts);
  ~HostTable();

  HostEntry* find(const Address& ip);
  /// Null if the table is full, which is counted. REQUIRES: find(ip) is null.
  HostEntry* add(const Address& ip);
  HostEntry& at(std::uint32_t id) { return hosts_[id - 1]; }
  std::span<HostEntry> hosts() { return hosts_; }
  std::span<const HostEntry> hosts() const { return hosts_; }
  std::uint64_t refused() const { return refused_; }
  void reserve(std::size_t hosts);

  /// Notes that the host or port differs from the state file.
  void touch(HostEntry& host);
  void touch(HostEntry& host, PortEntry& port) {
    port.dirty = true;
    touch(host);
  }
  /// The ids of the hosts that differ, in the order in which they were touched first. The caller
  /// stores them and clears their marks.
  std::vector<std::uint32_t> take_dirty() { return std::exchange(dirty_, {}); }
  std::size_t dirty() const { return dirty_.size(); }

 private:
  std::size_t home(const Address& ip) const;
  void grow();

  std::size_t max_hosts_;
  std::uint64_t seed_;
  std::vector<HostEntry> hosts_;
  std::vector<std::uint32_t> index_;  ///< ids, by hash; 0 = free; a power of two of them
  std::vector<std::uint32_t> dirty_;
  std::uint64_t refused_ = 0;
};

}  // namespace synfin
