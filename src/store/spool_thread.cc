// See spool_thread.h.
#include "store/spool_thread.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/thread.h"

namespace synfin {
namespace {

constexpr auto kFullInterval = std::chrono::milliseconds{100};
/// A run waits for this many intervals at most for a process that sends the spool.
constexpr int kMaxUnsent = 100;

/// The columns of each table. They outlive all batches.
const std::vector<StoreColumn>& fixed_columns_of(StoreTable table) {
  static const std::vector<std::vector<StoreColumn>> all = [] {
    std::vector<std::vector<StoreColumn>> columns;
    for (int i = 0; i < kStoreTables; ++i)
      columns.push_back(columns_of(static_cast<StoreTable>(i)));
    return columns;
  }();
  return all[static_cast<std::size_t>(table)];
}

}  // namespace

RowBatch::RowBatch(StoreTable table) : rows(fixed_columns_of(table)) { header.table = table; }

SpoolThread::SpoolThread(std::unique_ptr<SpoolWriter> spool, bool waits)
    : spool_(std::move(spool)),
      waits_(waits),
      bytes_(spool_->bytes()),
      thread_([this] { run(); }) {}

SpoolThread::~SpoolThread() {
  {
    const std::lock_guard lock(queue_.mutex);
    queue_.closed = true;
  }
  queue_.changed.notify_all();
  thread_.join();
}

std::unique_ptr<RowBatch> SpoolThread::take_empty(StoreTable table) {
  {
    const std::lock_guard lock(queue_.mutex);
    auto& empty = queue_.empty;
    const auto found = std::find_if(empty.begin(), empty.end(), [&](const auto& batch) {
      return batch->header.table == table;
    });
    if (found != empty.end()) {
      auto batch = std::move(*found);
      empty.erase(found);
      return batch;
    }
  }
  return std::make_unique<RowBatch>(table);
}

void SpoolThread::write(std::unique_ptr<RowBatch> batch) {
  {
    std::unique_lock lock(queue_.mutex);
    queue_.changed.wait(lock,
                        [this] { return queue_.abandoned || queue_.waiting.size() < kMaxQueued; });
    if (!queue_.abandoned) queue_.waiting.push_back(std::move(batch));
  }
  exception_.rethrow();
  queue_.changed.notify_all();
}

void SpoolThread::measure() {
  {
    const std::lock_guard lock(queue_.mutex);
    queue_.measure = true;
  }
  queue_.changed.notify_all();
}

void SpoolThread::drain() {
  {
    std::unique_lock lock(queue_.mutex);
    queue_.changed.wait(
        lock, [this] { return queue_.abandoned || (queue_.waiting.empty() && !queue_.busy); });
  }
  exception_.rethrow();
}

std::optional<Error> SpoolThread::take_failure() {
  const std::lock_guard lock(queue_.mutex);
  return std::exchange(queue_.failure, std::nullopt);
}

SpoolThread::Lost SpoolThread::take_lost() {
  const std::lock_guard lock(queue_.mutex);
  return std::exchange(queue_.lost, Lost{.failing = queue_.lost.failing});
}

void SpoolThread::run() {
  try {
    enter_thread_role(ThreadRole::Output);
    work();
  } catch (...) {
    exception_.store(std::current_exception());
    const std::lock_guard lock(queue_.mutex);
    queue_.abandoned = true;
  }
  queue_.changed.notify_all();
}

void SpoolThread::work() {
  std::unique_lock lock(queue_.mutex);
  while (true) {
    queue_.changed.wait(
        lock, [this] { return queue_.closed || queue_.measure || !queue_.waiting.empty(); });
    std::unique_ptr<RowBatch> batch;
    if (!queue_.waiting.empty()) {
      batch = std::move(queue_.waiting.front());
      queue_.waiting.pop_front();
    } else if (queue_.closed) {
      return;
    }
    queue_.busy = true;
    const bool measures = !batch && std::exchange(queue_.measure, false);
    lock.unlock();
    queue_.changed.notify_all();
    if (measures) spool_->measure_if_due(std::chrono::steady_clock::now());
    if (batch) write_batch(*batch);
    bytes_ = spool_->bytes();
    lock.lock();
    if (batch && queue_.empty.size() < kMaxEmpty) queue_.empty.push_back(std::move(batch));
    queue_.busy = false;
    queue_.changed.notify_all();
  }
}

Result<bool> SpoolThread::write_when_possible(const SpoolHeader& header) {
  auto written = spool_->write(header, blocks_.view());
  if (!waits_ || !written || *written) return written;
  if (!std::exchange(full_reported_, true))
    log(LogLevel::Warning, "store: the spool is full, so reading waits until it has space");
  for (int unsent = 0; written && !*written && unsent < kMaxUnsent;) {
    std::this_thread::sleep_for(kFullInterval);
    unsent = spool_->has_sender() ? 0 : unsent + 1;
    written = spool_->write(header, blocks_.view());
  }
  return written;
}

void SpoolThread::write_batch(RowBatch& batch) {
  const StoreTable table = batch.header.table;
  blocks_.clear();
  batch.header.rows = static_cast<std::uint32_t>(batch.rows.rows());
  batch.rows.compress(scratch_, blocks_);
  const auto written = write_when_possible(batch.header);
  {
    const std::lock_guard lock(queue_.mutex);
    if (!written) {
      queue_.lost.failed += batch.header.rows;
      if (!std::exchange(queue_.lost.failing, true)) queue_.failure = written.error();
    } else if (*written) {
      queue_.lost.failing = false;
    } else {
      queue_.lost.full += batch.header.rows;
    }
  }
  batch.rows.clear();
  batch.header = SpoolHeader{};
  batch.header.table = table;
}

}  // namespace synfin
