/// \file
/// Changes, digests and hosts as JSON. The keys are a contract with other programs: keys can be
/// added, but not renamed or removed. Tested in tests/unit/inventory/inventory_command_test.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "synfin/inventory/change.h"
#include "synfin/inventory/inventory.h"

namespace synfin {

/// Appends one line: an object with time, change, ip, port, transport, was, witnesses, evidence
/// and, if they are known, name, country, network, process and more.
void append_change_json(std::string& out, const Change& change);
/// The same for --events: it begins with "ts" and "event":"change".
void append_change_event(std::string& out, const Change& change);
/// Appends one line for --events: "event":"digest".
void append_digest_event(std::string& out, const Digest& digest);
/// Appends one line: a host with its `ports`; only those of `only`, unless that is empty.
void append_host_json(std::string& out, const Inventory& inventory, const HostEntry& host,
                      std::span<const std::uint16_t> only);

}  // namespace synfin
