/// \file
/// The inventory from a store: hosts and ports from the sums of days or from single connections,
/// and changes as the sensors have stored them. Tested by a server, in tests/store/queries.py.
#pragma once

#include <optional>
#include <vector>

#include "store/store_session.h"
#include "synfin/inventory/change.h"
#include "synfin/inventory/inventory.h"

namespace synfin {

/// Adds each port of a responder. Its state is what the last connection of the range proves: open
/// if a handshake was completed, closed if it was refused, unreachable, else silent.
Status query_ports(StoreSession& session, const Scope& scope, Inventory& inventory);

/// The changes at or after `since`, oldest first.
Result<std::vector<Change>> query_changes(StoreSession& session, const Scope& scope,
                                          std::optional<Timestamp> since);

}  // namespace synfin
