/// \file
/// BatchWriter: collects rows and writes them to the spool as batches of one table and one day.
///
/// A batch ends after 100 000 rows, after 32 MiB, or in flush(), which the sink calls every half
/// second. Tested in tests/unit/store/store_sink_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "store/spool.h"
#include "store/tables.h"

namespace synfin {

/// Used by one thread.
class BatchWriter {
 public:
  /// If the spool is full, `waits` makes write() wait until it has space.
  BatchWriter(std::unique_ptr<SpoolWriter> spool, std::string sensor, bool waits)
      : spool_(std::move(spool)), sensor_(std::move(sensor)), waits_(waits) {}

  /// Adds a row of connections.
  void add(const ConnectionRecord& record, const Annotations& about);
  /// Adds a row of another table.
  template <typename Row>
  void add(StoreTable table, std::uint16_t day, const Row& row) {
    Rows& rows = rows_of(table, day);
    RowEncoder encoder(rows.raw);
    visit_columns(encoder, origin_of(rows), row);
    end_row(rows);
  }

  /// Writes what is collected.
  void flush();
  void measure() { spool_->measure(); }

  /// Rows that were lost since the last call, because the spool was full or could not be written.
  std::uint64_t take_lost() { return std::exchange(lost_, 0); }
  /// Why the spool could not be written, once; empty otherwise.
  std::string take_failure() { return std::exchange(failure_, {}); }
  std::uint64_t spool_bytes() const { return spool_->bytes(); }

 private:
  struct Rows {
    SpoolHeader header;
    RowBuffer raw;
  };
  using Key = std::pair<StoreTable, std::uint16_t>;

  RowOrigin origin_of(const Rows& rows) const {
    return {sensor_, spool_->stream(), rows.header.batch};
  }
  Rows& rows_of(StoreTable table, std::uint16_t day);
  void end_row(Rows& rows);
  void write(Rows& rows);
  Result<bool> write_when_possible(const SpoolHeader& header);

  std::unique_ptr<SpoolWriter> spool_;
  std::string sensor_;
  bool waits_;
  std::map<Key, Rows> rows_;
  std::string blocks_;
  bool full_reported_ = false;
  std::uint64_t lost_ = 0;
  std::string failure_;
};

}  // namespace synfin
