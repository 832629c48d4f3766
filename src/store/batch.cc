// See batch.h.
#include "store/batch.h"

#include <chrono>
#include <thread>

#include "store/block.h"
#include "synfin/base/diagnostics.h"

namespace synfin {
namespace {

constexpr std::uint32_t kMaxRows = 100'000;
constexpr std::size_t kMaxBytes = std::size_t{32} << 20;
constexpr auto kFullInterval = std::chrono::milliseconds{100};

}  // namespace

BatchWriter::Rows& BatchWriter::rows_of(StoreTable table, std::uint16_t day) {
  Rows& rows = rows_[{table, day}];
  if (rows.header.rows == 0) {
    rows.header.table = table;
    rows.header.day = day;
    rows.header.batch = spool_->begin_batch();
  }
  return rows;
}

void BatchWriter::add(const ConnectionRecord& record, const Annotations& about) {
  Rows& rows = rows_of(StoreTable::Connections, day_of(record.first));
  if (rows.header.rows == 0) {
    rows.header.ts = to_ns(record.first);
    rows.header.resp_p = record.tuple.resp.port;
    rows.header.resp_h = record.tuple.resp.address;
  }
  RowEncoder encoder(rows.raw);
  visit_columns(encoder, origin_of(rows), record, about);
  end_row(rows);
}

void BatchWriter::end_row(Rows& rows) {
  if (++rows.header.rows >= kMaxRows || rows.raw.size() >= kMaxBytes) write(rows);
}

Result<bool> BatchWriter::write_when_possible(const SpoolHeader& header) {
  auto written = spool_->write(header, blocks_);
  if (!waits_ || !written || *written) return written;
  if (!std::exchange(full_reported_, true)) {
    log(LogLevel::Warning,
        "store: the spool is full, so reading waits until the store has taken more");
  }
  while (written && !*written) {
    std::this_thread::sleep_for(kFullInterval);
    written = spool_->write(header, blocks_);
  }
  return written;
}

void BatchWriter::write(Rows& rows) {
  blocks_.clear();
  compress_blocks(rows.raw.view(), blocks_);
  const auto written = write_when_possible(rows.header);
  if (!written && failure_.empty()) failure_ = written.error().message;
  if (!written || !*written) lost_ += rows.header.rows;
  rows.raw.clear();
  rows.header = {};
}

void BatchWriter::flush() {
  for (auto entry = rows_.begin(); entry != rows_.end();) {
    if (entry->second.header.rows != 0) {
      write(entry->second);
      ++entry;
    } else {
      // Nothing came since the last flush, so its memory is given back.
      entry = rows_.erase(entry);
    }
  }
}

}  // namespace synfin
