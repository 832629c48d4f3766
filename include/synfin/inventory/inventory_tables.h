/// \file
/// Hosts, ports and changes as tables for the view, the report and `synfin inventory`.
/// Tested in tests/unit/inventory/inventory_command_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "synfin/inventory/change.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory.h"
#include "synfin/report/document.h"

namespace synfin {

/// Returns the name of a port; empty if it has none.
using PortNameOf = std::function<std::string_view(std::uint16_t)>;

/// "22 ssh, 443 https" of the ports with that state, "and 64,511 more" for open ones without an
/// entry.
std::string ports_text(const HostEntry& host, PortState state, const PortNameOf& name);
/// The open ports without an entry, of `only`, unless that is empty.
PortRanges more_open_ports(const HostEntry& host, std::span<const std::uint16_t> only);
/// "40 closed, 2 silent" of the ports that are not open.
std::string other_ports_text(const HostEntry& host);

/// "5 open ports on 2 of 3 hosts".
std::string open_ports_title(std::uint64_t ports, std::uint64_t on, std::uint64_t of);

/// A row for each host.
Table hosts_table(const Inventory& inventory, std::span<const HostEntry* const> hosts,
                  const PortNameOf& name, Zone zone);
/// A row for each port of the hosts; only `ports`, unless that is empty. The note names the hosts
/// that have open ports without an entry.
Table ports_table(const Inventory& inventory, std::span<const HostEntry* const> hosts,
                  std::span<const std::uint16_t> ports, const PortNameOf& name, Zone zone);
/// Has a row for each change that add() receives.
class ChangesTable {
 public:
  /// `raw_only`: the cells need no text.
  explicit ChangesTable(Zone zone, bool raw_only = false);
  void add(const Change& change);
  Table take() { return std::move(table_); }

 private:
  Table table_;
  Zone zone_;
  bool raw_only_;
};

}  // namespace synfin
