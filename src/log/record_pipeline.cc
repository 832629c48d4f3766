// See record_pipeline.h.
#include "synfin/log/record_pipeline.h"

#include <chrono>
#include <thread>
#include <utility>

#include "synfin/base/bounded_ring.h"
#include "synfin/base/exception_text.h"
#include "synfin/base/wall_clock.h"

namespace synfin {
namespace {

/// Half a megabyte in all, so that what one thread passes to the other stays in their caches.
constexpr std::size_t kBatches = 4;
/// How often outputs are flushed while a pipe pauses.
constexpr std::chrono::milliseconds kIdleFlush{250};

}  // namespace

RecordPipeline::RecordPipeline(RecordPipelineOptions options, RecordSource& source,
                               EventDispatcher& outputs, AddressBook& book,
                               LoggedProcesses& processes, Gauges& gauges)
    : options_(std::move(options)),
      source_(source),
      outputs_(outputs),
      book_(book),
      processes_(processes),
      gauges_(gauges),
      is_pipe_(source.progress().total == 0) {
  source_.set_wanted(outputs.wanted());
}

void RecordPipeline::run() {
  if (options_.threads > 1) return run_on_two_threads();
  RecordBatch batch;
  while (source_.read(batch)) deliver(batch);
}

void RecordPipeline::run_on_two_threads() {
  BoundedRing<RecordBatch> ring(kBatches);
  FirstException exception;
  std::thread reader([&] {
    try {
      while (RecordBatch* const batch = ring.take_empty()) {
        if (!source_.read(*batch)) break;
        ring.hand_over();
      }
    } catch (...) {
      exception.store(std::current_exception());
    }
    ring.close();
  });
  try {
    while (true) {
      while (is_pipe_ && !ring.wait_full(kIdleFlush)) outputs_.flush(wall_clock());
      const RecordBatch* const batch = ring.take_full();
      if (batch == nullptr) break;
      deliver(*batch);
      ring.give_back();
    }
  } catch (...) {
    exception.store(std::current_exception());
    source_.interrupt();
    ring.abandon();
  }
  reader.join();
  exception.rethrow();
}

void RecordPipeline::deliver(const RecordBatch& batch) {
  if (!batch.facts.empty() || !batch.owners.empty() || !processes_.empty()) {
    const std::lock_guard lock(outputs_.mutex());
    processes_.replace(batch.owners);
    for (const AddressFacts& facts : batch.facts) book_.learn(facts.address, facts.about);
  }
  outputs_.count(batch.events());
  outputs_.dispatch(batch.events());
  if (is_pipe_) outputs_.flush(wall_clock());
  const InputSource::Progress progress = source_.progress();
  gauges_.bytes_read.store(progress.done, std::memory_order_relaxed);
  gauges_.bytes_total.store(progress.total, std::memory_order_relaxed);
  gauges_.packets.fetch_add(batch.size, std::memory_order_relaxed);
}

CaptureInfo RecordPipeline::capture_info() const {
  CaptureInfo info;
  info.sources = options_.sources;
  info.filter = options_.filter;
  source_.describe(info);
  info.damage = source_.damages();
  return info;
}

}  // namespace synfin
