/// \file
/// `synfin inventory`: prints hosts, ports and changes of a state file, also while another process
/// writes it. Tested in tests/unit/inventory/inventory_command_test.cc and by the golden tests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "synfin/base/cidr.h"
#include "synfin/base/result.h"
#include "synfin/cli/option_row.h"
#include "synfin/inventory/change.h"
#include "synfin/inventory/inventory.h"
#include "synfin/sandbox/helpers.h"

namespace synfin {

/// The state file of the service, which the command reads without --state.
inline constexpr const char* kServiceState = "/var/lib/synfin/state.db";

struct InventoryQuery {
  std::string state = kServiceState;
  std::vector<std::uint16_t> ports = {};
  bool changes = false;
  std::string format = {};  ///< empty: by the name of the output
  std::string output = "-";
  bool utc = false;
  std::string sandbox = "auto";
  bool help = false;
};

/// The options of the command. `query` must outlive them.
std::vector<OptionRow> inventory_query_rows(InventoryQuery& query);

/// What the words of the command line select.
struct InventorySelection {
  std::optional<Cidr> block;       ///< only hosts in it
  std::optional<Timestamp> since;  ///< only changes at or after it
};

struct SelectedChanges {
  std::vector<Change> changes;  ///< oldest first
  std::uint64_t left_out = 0;   ///< older ones, for which the source had no room
};

/// Where the command finds what it prints, if not in a state file. It may return more than is
/// selected.
struct InventorySource {
  /// Adds hosts and ports. Returns the number of ports for which it had no room.
  std::function<Result<std::uint64_t>(Inventory&, const InventorySelection&)> load;
  std::function<Result<SelectedChanges>(const InventorySelection&)> changes;
};
/// Prints from `source` what `words`, the words behind "inventory" that are no options, select. If
/// the source left anything out, prints the rest, and then fails with a sentence about it.
Status run_inventory_query(InventoryQuery query, const std::vector<std::string>& words,
                           const InventorySource& source);

/// Gives up rights before the state file is read, and returns what creates the output then.
using ConfineInventory =
    std::function<Result<std::unique_ptr<Helpers>>(const InventoryQuery& query)>;

/// Gives up all capabilities and enters the sandbox. root becomes the owner of the state file, if
/// that is another user, and keeps a helper that creates the output ("-": standard output).
Result<std::unique_ptr<Helpers>> confine_inventory_command(const InventoryQuery& query);

/// Runs the command and writes its output. `argv[0]` is the word "inventory". `confine` may be
/// empty.
Status run_inventory_command(int argc, const char* const* argv, const ConfineInventory& confine);

}  // namespace synfin
