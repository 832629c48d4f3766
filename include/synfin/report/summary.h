/// \file
/// Summary: aggregates records into the figures of a report, in bounded memory.
/// Tested in tests/unit/report/summary_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "synfin/enrich/address_book.h"
#include "synfin/track/connection.h"
#include "synfin/track/event.h"

namespace synfin {

struct SummaryOptions {
  std::size_t max_hosts = 100'000;  ///< exact keys per aggregate; beyond it, only heavy hitters
  std::uint64_t seed = 0;           ///< hash seed; 0 draws one. The output does not depend on it
  bool two_threads = false;         ///< data() may start a second thread
};

struct SummaryData;  // report/summary_data.h

/// Not thread-safe. add() allocates only while an aggregate grows towards its bound.
/// Memory: at most about 1 KiB × `max_hosts` + 10 MiB.
class Summary {
 public:
  explicit Summary(const SummaryOptions& options);
  ~Summary();
  Summary(const Summary&) = delete;
  Summary& operator=(const Summary&) = delete;

  /// Counts one final record.
  void add(const ConnectionRecord& record);

  /// Counts the records among `events` (EventKind::Record) in order. Equal to add() for each, but
  /// prefetches the memory of a group of records.
  void add(std::span<const Event> events);

  /// The sorted tables of a report with `top` rows each (0 = all). With `book`, it includes
  /// countries and networks. Costs a sort, so it is not for the packet path.
  SummaryData data(std::size_t top, AddressBook* book = nullptr) const;

  /// Bytes allocated by the aggregates.
  std::size_t memory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
