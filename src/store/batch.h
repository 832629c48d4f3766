/// \file
/// BatchWriter: collects rows as batches of one table and one day, and passes them to the thread
/// that writes the spool.
///
/// A batch ends after 100 000 rows, after 32 MiB, when a column has 65 535 distinct texts, or in
/// flush(), which the sink calls every half second. If 64 batches are collected at the same time, a
/// further table or day ends them all. Tested in tests/unit/store/store_sink_test.cc.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "store/notable.h"
#include "store/spool_thread.h"
#include "store/tables.h"

namespace synfin {

/// Used by one thread.
class BatchWriter {
 public:
  BatchWriter(std::unique_ptr<SpoolWriter> spool, std::string sensor, bool waits)
      : thread_(std::move(spool), waits), sensor_(std::move(sensor)) {}

  /// Adds a row of connections.
  void add(const ConnectionRecord& record, const Annotations& about);
  /// Adds a row of another table.
  template <typename Row>
  void add(StoreTable table, std::uint16_t day, const Row& row) {
    RowBatch& batch = batch_of(table, day);
    auto writer = batch.rows.add_row();
    visit_columns(writer, origin_of(batch), row);
    end_if_full(batch);
  }

  /// Ends all batches.
  void flush();
  /// The thread that writes the batches and counts the rows that are lost.
  SpoolThread& spool() { return thread_; }

 private:
  using Key = std::pair<StoreTable, std::uint16_t>;

  RowOrigin origin_of(const RowBatch& batch) const {
    return {sensor_, thread_.stream(), batch.header.batch};
  }
  RowBatch& batch_of(StoreTable table, std::uint16_t day);
  void end_if_full(const RowBatch& batch);
  void end(std::map<Key, std::unique_ptr<RowBatch>>::iterator ended);

  SpoolThread thread_;
  std::string sensor_;
  std::map<Key, std::unique_ptr<RowBatch>> batches_;
  RowBatch* last_ = nullptr;  ///< the batch of connections that was used last, if it has not ended
  NotableConnections notable_;
};

}  // namespace synfin
