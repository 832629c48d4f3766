/// \file
/// InventorySink::Schedule and Outages, for the files of InventorySink.
#pragma once

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "synfin/base/mix.h"
#include "synfin/inventory/inventory_sink.h"

namespace synfin {

using ChangeCounts = std::array<std::uint64_t, kChangeKinds>;

/// When what is due, and the figures of the state file.
struct InventorySink::Schedule {
  static constexpr Duration kGapInterval = std::chrono::minutes{1};

  static std::string id_of(std::uint64_t what, Timestamp time, std::uint64_t number) {
    const auto ns = static_cast<std::uint64_t>(to_ns(time));
    return fmt::format("{:016x}", mix64(ns ^ 0x9E3779B97F4A7C15, mix64(what, number ^ ns)));
  }

  bool begun = false;  ///< an event or a tick has arrived
  Timestamp began{};   ///< its time
  Timestamp state_begun{};
  Timestamp last_digest{};
  Timestamp next_digest{};
  Timestamp learning_ends = Timestamp::max();  ///< max: at the first digest, or it has ended
  std::uint64_t digests = 0;
  ChangeCounts changes{};              ///< since the last digest
  std::uint64_t changes_not_kept = 0;  ///< because the state file could not be written
  Timestamp next_flush{};              ///< by InventoryContext::clock
  std::uint64_t dropped = 0;           ///< packets, as far as notices have reported them
  Timestamp next_gap{};
  std::uint64_t hosts_not_stored = 0;  ///< as far as digests have reported them
  bool full_reported = false;          ///< that the inventory has no room for a host
};

/// Sentences of report_gap() that no notice contains yet.
struct InventorySink::Outages {
  static constexpr std::size_t kMax = 100;

  std::mutex mutex;
  std::vector<std::string> sentences;
};

}  // namespace synfin
