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

#include "inventory/state_pack.h"
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
  bool old_ports = false;          ///< an earlier schema stored a row for each port
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
    std::string more_open;
    std::string ports;
  };

  std::optional<Timestamp> begun;
  std::vector<HostRow> hosts;
  std::vector<Inventory::Contact> contacts;
  std::vector<StartNotice> starts;
  PackedChanges packed;
  std::vector<Change> changes;  ///< the same, for a listener; empty if there is none
  std::vector<GapNotice> gaps;
  std::optional<Digest> digest;
  std::uint64_t digest_number = 0;
  std::size_t digested = 0;  ///< the first blocks of `packed`, which the digest contains
  /// The batch has all hosts, so that the tables of an earlier schema are not needed.
  bool complete = false;

  bool empty() const {
    return hosts.empty() && starts.empty() && packed.size() == 0 && gaps.empty() &&
           contacts.empty() && !digest && !begun;
  }
  /// Adds the changes, for the listener too.
  void add(std::vector<Change> more) {
    for (Change& change : more) {
      packed.add(change);
      changes.push_back(std::move(change));
    }
  }
  /// Adds the hosts and ports of `inventory` that differ from the state file, and clears their
  /// marks.
  void collect(Inventory& inventory);
};

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
