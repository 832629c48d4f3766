/// \file
/// The options of the inventory. Tested in tests/unit/inventory/inventory_options_test.cc.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "synfin/base/time.h"
#include "synfin/cli/option_row.h"

namespace synfin {

struct InventoryOptions {
  std::string state;                                 ///< --state; empty: nothing is stored
  Duration digest_interval = std::chrono::hours{4};  ///< of capture time
  std::optional<Duration> learn;                     ///< unset: until the first digest
  std::string expect;                                ///< --expect: a file
  std::string watch_file;                            ///< --watch-file
  Duration gone_after = std::chrono::hours{24 * 7};
  std::size_t max_hosts = 200'000;
  bool first_contact = false;

  /// The files that the options name for reading.
  std::vector<std::string> inputs() const;
};

/// Rows of the table of options. `options` must outlive them.
std::vector<OptionRow> inventory_rows(InventoryOptions& options);

/// Sentences about options that have no effect without --state, or only if the inventory is
/// `viewed`.
std::vector<std::string> options_without_state(const InventoryOptions& options, bool viewed);

}  // namespace synfin
