/// \file
/// `synfin inventory`: prints hosts, ports and changes of a state file, also while another process
/// writes it. Tested in tests/unit/inventory/inventory_command_test.cc and by the golden tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/option_row.h"

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

/// Runs the command and writes its output. `argv[0]` is the word "inventory".
Status run_inventory_command(int argc, const char* const* argv);

}  // namespace synfin
