/// \file
/// Summary: everything a report says, gathered one record at a time in bounded memory.
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
  std::size_t max_hosts =
      100'000;             ///< keys that each aggregate counts exactly; past it, heavy hitters
  std::uint64_t seed = 0;  ///< of the hashes; 0 draws one. The output does not depend on it
};

struct SummaryData;  // report/summary_data.h: what the renderers read

/// Not thread-safe. add() allocates only while an aggregate grows towards its bound.
/// Memory: at most about 1 KiB for each of `max_hosts`, and 10 MiB.
class Summary {
 public:
  explicit Summary(const SummaryOptions& options);
  ~Summary();
  Summary(const Summary&) = delete;
  Summary& operator=(const Summary&) = delete;

  /// Counts one final record.
  void add(const ConnectionRecord& record);

  /// Counts the records among `events` (EventKind::Record), in order: the same as add() for each,
  /// with the memory that they need asked for ahead.
  void add(std::span<const Event> events);

  /// The sorted tables of a report, `top` rows each (0 = all). Costs a sort; not for the packet
  /// path.
  /// With `book`, countries and networks too.
  SummaryData data(std::size_t top, AddressBook* book = nullptr) const;

  /// Bytes held by the aggregates.
  std::size_t memory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
