// See pipeline.h.
#include "app/pipeline.h"

#include <chrono>
#include <thread>
#include <utility>

#include "synfin/base/spin_wait.h"
#include "synfin/base/wall_clock.h"

namespace synfin {
namespace {

/// 32 batches of 28 KiB and 16 buffers of 128 events (48 KiB each): what one thread passes to
/// another stays in their caches.
constexpr std::size_t kBatches = 32;
constexpr std::size_t kBuffers = 16;
constexpr std::size_t kEventsEach = 128;

/// The number of batches between two updates of the progress, which a merged source has to add up.
constexpr std::uint64_t kBatchesPerProgress = 128;

/// How often a worker without work spins before it sleeps: 10 to 80 µs in all. Most waits are
/// shorter than it takes to fall asleep and to be woken.
constexpr unsigned kSpinLimit = 25;

/// How often outputs are flushed while a pipe pauses.
constexpr auto kIdleFlush = std::chrono::milliseconds{250};

}  // namespace

Pipeline::Pipeline(PipelineOptions options, PacketSource& source, EventDispatcher& outputs,
                   PacketThreadChannel& channel)
    : PacketPipeline(std::move(options), source, outputs, channel),
      keys_(table_.key_finder()),
      is_pipe_(source.progress().total == 0),
      batches_(options_.threads > 1 ? kBatches : 1),
      stages_(batches_.size(), options_.threads > 1 ? kBuffers : 1) {
  for (std::size_t i = 0; i < (options_.threads > 1 ? kBuffers : 1); ++i)
    buffers_.emplace_back(kEventsEach);
}

void Pipeline::run() {
  std::thread helper;
  if (options_.threads > 1) helper = std::thread([this] { work(Stage::Track); });
  work(Stage::Read);
  if (helper.joinable()) helper.join();
  exception_.rethrow();
}

/// The body of each worker. An exception stops all workers.
void Pipeline::work(Stage stage) {
  try {
    execute_stages(stage);
  } catch (...) {
    exception_.store(std::current_exception());
    source_.interrupt();
    const std::lock_guard lock(mutex_);
    stages_.stop();
  }
  changed_.notify_all();
}

void Pipeline::execute_stages(Stage stage) {
  unsigned spins = 0;
  std::unique_lock lock(mutex_);
  while (!stages_.done()) {
    const std::optional<StageScheduler::Task> task = stages_.take(stage);
    if (waiting_ > 0 && (is_pipe_ || stages_.worth_waking())) changed_.notify_all();
    if (!task) {
      wait_for_work(lock, spins++);
      continue;
    }
    spins = 0;
    stage = task->stage;
    lock.unlock();
    const StageScheduler::TaskResult outcome = execute(*task);
    lock.lock();
    stages_.give_back(stage, outcome);
  }
}

/// Returns when there may be work; `spins` is how often it has been called since there was some.
void Pipeline::wait_for_work(std::unique_lock<std::mutex>& lock, unsigned spins) {
  if (!is_pipe_ && spins < kSpinLimit) {
    lock.unlock();
    spin_wait();
    lock.lock();
    return;
  }
  ++waiting_;
  const bool pauses = changed_.wait_for(lock, kIdleFlush) == std::cv_status::timeout && is_pipe_;
  --waiting_;
  if (!pauses) return;
  lock.unlock();
  outputs_.flush(wall_clock());  // some outputs gather rows for half a second
  lock.lock();
}

StageScheduler::TaskResult Pipeline::execute(const StageScheduler::Task& task) {
  switch (task.stage) {
    case Stage::Read:
      return read(batches_[task.batch]);
    case Stage::Track:
      return task.drains ? drain(buffers_[task.buffer])
                         : track(batches_[task.batch], buffers_[task.buffer]);
    case Stage::Count:
      return count(buffers_[task.buffer]);
    case Stage::Write:
      return write(buffers_[task.buffer]);
  }
  return {};
}

StageScheduler::TaskResult Pipeline::read(SegmentBatch& batch) {
  const bool more = reader_.read(batch);
  if (is_pipe_ || !more || batches_read_++ % kBatchesPerProgress == 0) publish_progress();
  for (std::size_t i = 0; i < batch.size; ++i) keys_.find(batch.slots[i], batch.keys[i]);
  return {.batch = more, .ended = !more};
}

void Pipeline::publish_progress() {
  const PacketSource::Progress progress = source_.progress();
  channel_.gauges.bytes_read.store(progress.done, std::memory_order_relaxed);
  channel_.gauges.bytes_total.store(progress.total, std::memory_order_relaxed);
  publish_ledger();
}

StageScheduler::TaskResult Pipeline::track(SegmentBatch& batch, EventBuffer& buffer) {
  const std::span<const Segment> segments = untracked_.value_or(batch.segments());
  const auto keys = std::span(batch.keys).subspan(batch.size - segments.size(), segments.size());
  const std::span<const Segment> rest = segments.subspan(table_.observe(segments, keys, buffer));
  if (!rest.empty()) {
    untracked_ = rest;
    return {.buffer = true};
  }
  untracked_.reset();
  channel_.gauges.packets.store(batch.received, std::memory_order_relaxed);
  publish_table();
  return {.batch = true, .buffer = is_pipe_ && !buffer.empty()};
}

StageScheduler::TaskResult Pipeline::drain(EventBuffer& buffer) {
  return {.buffer = true, .ended = table_.drain(buffer)};
}

StageScheduler::TaskResult Pipeline::count(EventBuffer& buffer) {
  outputs_.explain_and_count(buffer.events());
  return {.buffer = true};
}

StageScheduler::TaskResult Pipeline::write(EventBuffer& buffer) {
  outputs_.dispatch(buffer.events());
  if (is_pipe_) outputs_.flush(wall_clock());
  buffer.clear();
  return {.buffer = true};
}

}  // namespace synfin
