/// \file
/// `synfin inventory`: prints hosts, ports and changes of a state file, also while another process
/// writes it. Tested in tests/unit/inventory/inventory_command_test.cc and by the golden tests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/option_row.h"
#include "synfin/inventory/change.h"
#include "synfin/inventory/inventory.h"

namespace synfin {

/// The state file of the service, which the command reads without --state.
inline constexpr const char* kServiceState = "/var/lib/synfin/state.db";

struct InventoryQuery {
  std::string state = kServiceState;
  std::vector<std::uint16_t> ports;
  bool changes = false;
  std::string format = "text";
  std::string output = "-";
  bool utc = false;
  bool help = false;
};

/// The options of the command. `query` must outlive them.
std::vector<OptionRow> inventory_query_rows(InventoryQuery& query);

/// Where the command finds what it prints, if not in a state file.
struct InventorySource {
  /// Adds hosts and ports.
  std::function<Status(Inventory&)> load;
  /// Oldest first.
  std::function<Result<std::vector<Change>>(std::optional<Timestamp> since)> changes;
};
/// Prints from `source` what `words`, the words behind "inventory" that are no options, select.
Status run_inventory_query(InventoryQuery query, const std::vector<std::string>& words,
                           const InventorySource& source);

/// Runs the command and writes its output. `argv[0]` is the word "inventory".
Status run_inventory_command(int argc, const char* const* argv);

}  // namespace synfin
