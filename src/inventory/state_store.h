/// \file
/// StateStore: the inventory in the state file.
///
///     state file → load() → Inventory → StateBatch → write() → state file
///
/// Tested in tests/unit/inventory/state_store_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inventory/port_evidence.h"
#include "synfin/inventory/change.h"
#include "synfin/inventory/database.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory.h"

namespace synfin {

/// Figures of the state file beside hosts and ports.
struct StateFigures {
  Timestamp begun{};               ///< the first event of the first run
  Timestamp last_digest{};         ///< the end of the last digest
  std::uint64_t digests = 0;       ///< made so far
  std::uint64_t changes = 0;       ///< made so far
  std::vector<Change> undigested;  ///< changes that no digest contains, oldest first
};

/// What one transaction stores. Copies, so that the inventory can continue meanwhile.
struct StateBatch {
  struct HostRow {
    std::uint32_t id = 0;
    Address ip;
    Timestamp first_seen{};
    Timestamp last_seen{};
    bool announced = false;
    HostSummary about;
    std::string closed;
  };
  struct PortRow {
    std::uint32_t host = 0;
    std::uint32_t key = 0;
    PortState state = PortState::Unknown;
    PortState was = PortState::Unknown;
    bool opened = false;
    std::uint8_t flips = 0;
    std::uint8_t icmp = 0;
    Timestamp first_proof{};
    Timestamp last_proof{};
    Timestamp last_change{};
    std::uint32_t attempts = 0;
    std::uint32_t successes = 0;
    std::uint32_t witnesses = 0;
    std::string process;
    std::string evidence;
  };

  std::optional<Timestamp> begun;
  std::vector<HostRow> hosts;
  std::vector<PortRow> ports;
  std::vector<Inventory::Contact> contacts;
  std::vector<StartNotice> starts;
  std::vector<Change> changes;
  std::vector<GapNotice> gaps;
  std::optional<Digest> digest;
  std::uint64_t digest_number = 0;
  std::size_t digested = 0;  ///< the first of `changes`, which the digest contains

  bool empty() const {
    return hosts.empty() && ports.empty() && starts.empty() && changes.empty() && gaps.empty() &&
           contacts.empty() && !digest && !begun;
  }
  /// Adds the hosts and ports of `inventory` that differ from the state file, and clears their
  /// marks.
  void collect(Inventory& inventory);
};

/// The columns of a change, in the order in which it is read and written.
inline constexpr const char* kChangeColumns =
    "id, time, kind, ip, port, transport, state, was, witnesses, alert, evidence, process, client, "
    "ports, name, country, asn, as_org, mac, vendor";

/// Fills an empty inventory. Fails if the file is damaged; Database::damaged() then is true.
Result<StateFigures> load_state(Database& database, Inventory& inventory);

/// Which changes read_changes() returns.
struct ChangeQuery {
  std::optional<Timestamp> since = std::nullopt;
  bool undigested = false;  ///< only those that no digest contains
};
/// Changes, oldest first.
Result<std::vector<Change>> read_changes(Database& database, const ChangeQuery& query);
/// The last digest that was stored, without hosts and changes; none if there is none.
Result<std::optional<Digest>> read_last_digest(Database& database);

/// Stores a batch in one transaction. `listener` may be null.
Status write_batch(Database& database, const StateBatch& batch, ChangeListener* listener);

}  // namespace synfin
