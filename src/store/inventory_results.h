/// \file
/// The inventory from a store: hosts and ports from the sums of days or from single connections,
/// and changes as the sensors have stored them. Tested by a server, in tests/store/queries.py.
#pragma once

#include <cstdint>

#include "store/store_session.h"
#include "synfin/inventory/inventory_command.h"

namespace synfin {

/// Adds each port of a responder, 200 000 at most. Its state is what the last connection of the
/// range proves: open if a handshake was completed, closed if it was refused, unreachable, else
/// silent. Returns how many ports are left out.
Result<std::uint64_t> query_ports(StoreSession& session, const Scope& scope,
                                  const InventorySelection& selection, Inventory& inventory);

/// The newest changes, 100 000 at most. Networks of `scope` select hosts, its ports select nothing.
Result<SelectedChanges> query_changes(StoreSession& session, const Scope& scope,
                                      const InventorySelection& selection);

}  // namespace synfin
