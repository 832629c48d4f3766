// See batch.h.
#include "store/batch.h"

#include <algorithm>

namespace synfin {
namespace {

constexpr std::size_t kMaxRows = 100'000;
constexpr std::size_t kMaxBytes = std::size_t{32} << 20;

}  // namespace

RowBatch& BatchWriter::batch_of(StoreTable table, std::uint16_t day) {
  if (batches_.size() >= kMaxBatches && !batches_.contains({table, day})) end_largest();
  auto& batch = batches_[{table, day}];
  if (!batch) {
    batch = thread_.take_empty(table);
    batch->header.day = day;
    batch->header.batch = thread_.begin_batch();
  }
  return *batch;
}

void BatchWriter::add(const ConnectionRecord& record, const Annotations& about) {
  const std::uint16_t day = day_of(record.first);
  if (last_ == nullptr || last_->header.day != day) last_ = &batch_of(StoreTable::Connections, day);
  RowBatch& batch = *last_;
  if (batch.rows.rows() == 0) {
    batch.header.ts = to_ns(record.first);
    batch.header.resp_p = record.tuple.resp.port;
    batch.header.resp_h = record.tuple.resp.address;
  }
  RowOrigin origin = origin_of(batch);
  origin.notable = notable_.add(day, record);
  const std::size_t before = batch.rows.bytes();
  auto writer = batch.rows.add_row();
  visit_columns(writer, origin, record, about);
  end_if_full(batch, before);
}

void BatchWriter::end_if_full(const RowBatch& batch, std::size_t bytes_before) {
  const RowBlock& rows = batch.rows;
  bytes_ += rows.bytes() - bytes_before;
  if (rows.rows() >= kMaxRows || rows.bytes() >= kMaxBytes || rows.full()) {
    end(batches_.find({batch.header.table, batch.header.day}));
  } else if (bytes_ >= kMaxCollected) {
    end_largest();
  }
}

/// The largest batch, because a small file costs the spool and the store as much as a large one.
void BatchWriter::end_largest() {
  end(std::max_element(batches_.begin(), batches_.end(), [](const auto& a, const auto& b) {
    return a.second->rows.bytes() < b.second->rows.bytes();
  }));
}

void BatchWriter::end(std::map<Key, std::unique_ptr<RowBatch>>::iterator ended) {
  std::unique_ptr<RowBatch> batch = std::move(ended->second);
  batches_.erase(ended);
  if (batch.get() == last_) last_ = nullptr;
  bytes_ -= batch->rows.bytes();
  thread_.write(std::move(batch));
}

void BatchWriter::flush() {
  while (!batches_.empty()) end(batches_.begin());
}

}  // namespace synfin
