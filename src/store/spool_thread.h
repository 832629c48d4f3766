/// \file
/// SpoolThread: compresses the batches of a run and writes them to the spool, on a thread of its
/// own, because a disk may be slow.
///
///     BatchWriter ─→ queue ─→ thread: RowBlock::compress() → SpoolWriter
///
/// Tested in tests/unit/store/store_sink_test.cc.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "store/row_block.h"
#include "store/spool.h"
#include "synfin/base/exception_text.h"
#include "synfin/base/result.h"

namespace synfin {

/// A batch in memory: rows of one table and one day.
struct RowBatch {
  explicit RowBatch(StoreTable table);

  SpoolHeader header;  ///< header.rows and header.stream are set when it is written
  RowBlock rows;
};

/// One other thread calls the functions. write() and drain() throw what the thread has thrown.
class SpoolThread {
 public:
  /// If the spool is full, the thread waits until it has space if `waits` is set; otherwise it
  /// drops the batch and counts its rows.
  SpoolThread(std::unique_ptr<SpoolWriter> spool, bool waits);
  /// Writes what is queued.
  ~SpoolThread();
  SpoolThread(const SpoolThread&) = delete;
  SpoolThread& operator=(const SpoolThread&) = delete;

  /// An empty batch, which may reuse the memory of one that was written.
  std::unique_ptr<RowBatch> take_empty(StoreTable table);
  /// Queues a batch. Waits while kMaxQueued are queued. Batches are written in order.
  void write(std::unique_ptr<RowBatch> batch);
  /// Makes the thread measure the spool again after it has written what is queued, if that is due.
  void measure();
  /// Waits until all is written.
  void drain();

  /// The rows that were lost.
  struct Lost {
    std::uint64_t full = 0;    ///< because the spool was full
    std::uint64_t failed = 0;  ///< because it could not be written
    bool failing = false;      ///< it still cannot be written, as far as is known
  };
  /// The rows since the last call.
  Lost take_lost();
  /// Why the spool could not be written, once until it can be written again; empty otherwise.
  std::optional<Error> take_failure();
  std::uint64_t spool_bytes() const { return bytes_; }
  std::uint32_t stream() const { return spool_->stream(); }
  std::uint64_t begin_batch() { return spool_->begin_batch(); }

 private:
  static constexpr std::size_t kMaxQueued = 3;
  static constexpr std::size_t kMaxEmpty = 2;  ///< batches whose memory is kept

  struct Queue {
    std::mutex mutex;  ///< guards the members below
    std::condition_variable changed;
    std::deque<std::unique_ptr<RowBatch>> waiting;
    std::vector<std::unique_ptr<RowBatch>> empty;
    std::optional<Error> failure;
    Lost lost;
    bool busy = false;       ///< the thread writes or measures
    bool measure = false;    ///< measure() was called
    bool closed = false;     ///< the thread ends after the last batch
    bool abandoned = false;  ///< the thread has thrown, and writes nothing further
  };

  void run();
  void work();
  void write_batch(RowBatch& batch);
  Result<bool> write_when_possible(const SpoolHeader& header);

  std::unique_ptr<SpoolWriter> spool_;
  bool waits_;
  bool full_reported_ = false;
  RowBuffer scratch_;
  RowBuffer blocks_;  ///< a batch, compressed
  std::atomic<std::uint64_t> bytes_{0};
  FirstException exception_;
  Queue queue_;
  std::thread thread_;
};

}  // namespace synfin
