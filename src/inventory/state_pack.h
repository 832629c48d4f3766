/// \file
/// The forms in which the state file stores the ports of a host, and changes: one value for many of
/// them, because a row of a table costs as much as twenty ports.
///
/// Tested in tests/unit/inventory/state_pack_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/time.h"
#include "synfin/inventory/change.h"
#include "synfin/inventory/inventory.h"

namespace synfin {

struct HostEntry;

/// The ports of the host.
std::string pack_ports(const Inventory& inventory, const HostEntry& host);
/// Adds ports to a host that has none. Returns false if the bytes are not valid.
bool unpack_ports(std::string_view bytes, Inventory& inventory, HostEntry& host);

/// Changes in the order of their numbers, in blocks.
class PackedChanges {
 public:
  struct Block {
    std::uint64_t changes = 0;
    Timestamp last{};  ///< the latest time of a change
    std::string bytes;
  };

  void add(const ChangeNote& note, Inventory& inventory);
  void add(const Change& change);
  /// The next change begins a new block.
  void end_block() { ended_ = true; }

  std::uint64_t size() const { return size_; }
  const std::vector<Block>& blocks() const { return blocks_; }

 private:
  std::string& room_for(Timestamp time);

  std::vector<Block> blocks_;
  std::uint64_t size_ = 0;
  bool ended_ = false;
};

/// Appends the changes of a block to `out`. Returns false if the bytes are not valid.
bool unpack_changes(std::string_view bytes, std::vector<Change>& out);

}  // namespace synfin
