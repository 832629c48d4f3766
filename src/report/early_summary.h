/// \file
/// EarlySummary: a Summary for people who watch. It counts a connection when it ends, a few seconds
/// (--linger) before its record, which may still change bytes and outcome.
/// Tested in tests/unit/report/early_summary_test.cc.
#pragma once

#include <set>
#include <span>
#include <utility>

#include "synfin/report/summary.h"

namespace synfin {

/// Not thread-safe. Memory: a Summary, and about 100 bytes for each of at most kMaxEarly
/// connections that have ended and have no record yet; those beyond are counted by their record.
class EarlySummary {
 public:
  static constexpr std::size_t kMaxEarly = 65'536;

  explicit EarlySummary(const SummaryOptions& options) : summary_(options) {}

  /// The events that end a connection, and records.
  static EventMask wanted();
  /// Counts each connection once. REQUIRES: events arrive in the tracker's order.
  void add(std::span<const Event> events);
  const Summary& summary() const { return summary_; }

 private:
  Summary summary_;
  std::set<std::pair<ConnectionKey, Timestamp>> early_;  ///< counted, without a record so far
};

}  // namespace synfin
