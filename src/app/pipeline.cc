// See pipeline.h.
#include "app/pipeline.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <optional>
#include <random>
#include <set>
#include <thread>

#include "app/packet_ledger.h"
#include "synfin/capture/link_names.h"

namespace synfin {
namespace {

/// 32 batches of 28 KiB and 16 buffers of 128 events (48 KiB each): what one thread passes to
/// another stays in their caches.
constexpr std::size_t kBatches = 32;
constexpr std::size_t kBuffers = 16;
constexpr std::size_t kEventsEach = 128;

/// How far a capture is read is told once in so many batches: a merged source asks all of its own.
constexpr std::uint64_t kBatchesPerProgress = 128;

/// How often a worker without work spins for some before it sleeps: some 10 to 80 µs, for most
/// waits are shorter than falling asleep and being woken is.
constexpr unsigned kSpinLimit = 25;

void pause_between_looks() {
#if defined(__SSE2__)
  for (int i = 0; i < 64; ++i) _mm_pause();
#else
  std::this_thread::yield();
#endif
}

std::uint64_t random_seed() {
  // Unpredictable from outside is all that is asked: an attacker chooses tuples before the run
  // begins.
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

TableOptions table_options(const Options& options, PacketScope scope, EventMask events) {
  TableOptions table = options.table;
  table.scope = scope;
  table.events = events;
  table.seed = random_seed();
  return table;
}

Pipeline::Pipeline(const Options& options, PacketScope scope, PacketSource& source,
                   BpfFilter* filter, Outputs& outputs)
    : options_(options),
      scope_(scope),
      source_(source),
      outputs_(outputs),
      reader_(options, scope, source, filter),
      table_(table_options(options, scope, outputs.wanted())),
      keys_(table_.key_finder()),
      live_(source.progress().total == 0),
      batches_(options.threads > 1 ? kBatches : 1),
      stages_(batches_.size(), options.threads > 1 ? kBuffers : 1) {
  for (std::size_t i = 0; i < (options.threads > 1 ? kBuffers : 1); ++i)
    buffers_.emplace_back(kEventsEach);
}

void Pipeline::run() {
  std::thread helper;
  if (options_.threads > 1) helper = std::thread([this] { work(Stage::Track); });
  work(Stage::Read);
  if (helper.joinable()) helper.join();
}

void Pipeline::work(Stage stage) {
  unsigned spins = 0;
  std::unique_lock lock(mutex_);
  while (!stages_.done()) {
    const std::optional<StageScheduler::Task> task = stages_.take(stage);
    if (waiting_ > 0 && (live_ || stages_.worth_waking())) changed_.notify_all();
    if (!task) {
      wait_for_work(lock, spins++);
      continue;
    }
    spins = 0;
    stage = task->stage;
    lock.unlock();
    const StageScheduler::Outcome outcome = run_task(*task);
    lock.lock();
    stages_.give_back(stage, outcome);
  }
  changed_.notify_all();
}

/// Returns when there may be some; `looks` says how often it was called since there was.
void Pipeline::wait_for_work(std::unique_lock<std::mutex>& lock, unsigned spins) {
  if (!live_ && spins < kSpinLimit) {
    lock.unlock();
    pause_between_looks();
    lock.lock();
    return;
  }
  ++waiting_;
  changed_.wait(lock);
  --waiting_;
}

StageScheduler::Outcome Pipeline::run_task(const StageScheduler::Task& task) {
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

StageScheduler::Outcome Pipeline::read(SegmentBatch& batch) {
  const bool more = reader_.read(batch);
  if (live_ || !more || batches_read_++ % kBatchesPerProgress == 0) publish_progress();
  for (std::size_t i = 0; i < batch.size; ++i) keys_.find(batch.room[i], batch.keys[i]);
  return {.batch = more, .ended = !more};
}

void Pipeline::publish_progress() {
  const PacketSource::Progress progress = source_.progress();
  outputs_.gauges().bytes_read.store(progress.done, std::memory_order_relaxed);
  outputs_.gauges().bytes_total.store(progress.total, std::memory_order_relaxed);
}

StageScheduler::Outcome Pipeline::track(SegmentBatch& batch, EventBuffer& buffer) {
  if (!batch_begun_) untracked_ = batch.segments();
  const std::size_t begun = batch.size - untracked_.size();
  const auto keys = std::span(batch.keys).subspan(begun, untracked_.size());
  untracked_ = untracked_.subspan(table_.observe(untracked_, keys, buffer));
  batch_begun_ = !untracked_.empty();
  if (batch_begun_) return {.buffer = true};
  outputs_.gauges().packets.store(batch.received, std::memory_order_relaxed);
  outputs_.gauges().open.store(table_.open(), std::memory_order_relaxed);
  return {.batch = true, .buffer = live_ && !buffer.empty()};
}

StageScheduler::Outcome Pipeline::drain(EventBuffer& buffer) {
  return {.buffer = true, .ended = table_.drain(buffer)};
}

StageScheduler::Outcome Pipeline::count(EventBuffer& buffer) {
  outputs_.count(buffer.events());
  return {.buffer = true};
}

StageScheduler::Outcome Pipeline::write(EventBuffer& buffer) {
  outputs_.consume(buffer.events());
  if (live_) outputs_.flush();
  buffer.clear();
  return {.buffer = true};
}

CaptureInfo Pipeline::capture_info() const {
  CaptureInfo info;
  info.sources = options_.read;
  info.scope = scope_;
  info.filter = options_.filter;
  std::set<std::string> names;
  for (const InterfaceInfo& interface : source_.interfaces())
    names.insert(link_type_name(interface.link_number));
  info.link_types.assign(names.begin(), names.end());
  const PacketGate& gate = reader_.gate();
  if (gate.any()) {
    info.first_packet = gate.first();
    info.last_packet = gate.last();
  }
  info.ledger = packet_ledger(reader_.decoded(), table_.counters(), source_.drops(),
                              reader_.without_control());
  info.ledger.received = gate.received();
  info.ledger.filtered += gate.filtered();
  info.out_of_window = table_.counters().out_of_window;
  info.forged_rst = table_.counters().forged_rst;
  return info;
}

}  // namespace synfin
