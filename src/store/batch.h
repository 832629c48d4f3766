/// \file
/// BatchWriter: collects rows as batches of one table and one day, and passes them to the thread
/// that writes the spool.
///
/// A batch ends after 100 000 rows, after 32 MiB, when a column has 65 535 distinct texts, or in
/// flush(), which the sink calls every half second. The tables of the store are partitioned by day,
/// and an insertion is stored as a whole only within one partition, so rows of different days never
/// share a batch. A damaged or forged capture may have packets of thousands of days. If kMaxBatches
/// are collected, or kMaxCollected bytes, the largest batch ends. Tested in
/// tests/unit/store/batch_test.cc and store_sink_test.cc.
#pragma once

#include <cstddef>
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
  /// An empty batch takes about 20 KiB.
  static constexpr std::size_t kMaxBatches = 1024;
  static constexpr std::size_t kMaxCollected = std::size_t{64} << 20;

  BatchWriter(std::unique_ptr<SpoolWriter> spool, std::string sensor, bool waits)
      : thread_(std::move(spool), waits), sensor_(std::move(sensor)) {}

  /// Adds a row of connections.
  void add(const ConnectionRecord& record, const Annotations& about);
  /// Adds a row of another table.
  template <typename Row>
  void add(StoreTable table, std::uint16_t day, const Row& row) {
    RowBatch& batch = batch_of(table, day);
    const std::size_t before = batch.rows.bytes();
    auto writer = batch.rows.add_row();
    visit_columns(writer, origin_of(batch), row);
    end_if_full(batch, before);
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
  /// `bytes_before`: of the batch, before a row was added.
  void end_if_full(const RowBatch& batch, std::size_t bytes_before);
  void end_largest();
  void end(std::map<Key, std::unique_ptr<RowBatch>>::iterator ended);

  SpoolThread thread_;
  std::string sensor_;
  std::map<Key, std::unique_ptr<RowBatch>> batches_;
  std::size_t bytes_ = 0;     ///< of all batches
  RowBatch* last_ = nullptr;  ///< the batch of connections that was used last, if it has not ended
  NotableConnections notable_;
};

}  // namespace synfin
