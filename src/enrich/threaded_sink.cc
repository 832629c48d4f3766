// See threaded_sink.h.
#include "synfin/enrich/threaded_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/thread.h"

namespace synfin {

ThreadedSink::ThreadedSink(std::unique_ptr<EventSink> sink, const ThreadedSinkOptions& options)
    : sink_(std::move(sink)),
      live_(options.live),
      queue_(std::max<std::size_t>(options.batches, 2)),
      batch_(queue_.take_empty()),
      thread_([this] { run(); }) {}

ThreadedSink::~ThreadedSink() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void ThreadedSink::run() {
  try {
    enter_thread_role(ThreadRole::Output);
    while (const OwnedEvents* batch = queue_.take_full()) {
      deliver(*batch);
      queue_.give_back();
    }
    if (capture_ != nullptr) feedback_.finished = sink_->finish(*capture_);
  } catch (...) {
    feedback_.exception.store(std::current_exception());
    queue_.abandon();
  }
}

void ThreadedSink::deliver(const OwnedEvents& batch) {
  if (signals_.reopen.exchange(false)) sink_->reopen();
  if (!batch.events().empty()) sink_->on_events(batch.events());
  const std::int64_t tick = signals_.tick_ns.exchange(0);
  if (tick == 0) return;
  sink_->on_tick(timestamp_from_ns(tick));
  std::optional<Error> failure = sink_->take_failure();
  if (!failure) return;
  const std::lock_guard lock(feedback_.mutex);
  feedback_.failure = std::move(failure);
}

/// Passes the batch to the sink's thread and waits for a free one.
void ThreadedSink::pass_on() {
  queue_.hand_over();
  batch_ = queue_.take_empty();
}

void ThreadedSink::on_events(std::span<const AnnotatedEvent> events) {
  feedback_.exception.rethrow();
  if (batch_ == nullptr) return;
  batch_->assign(events, sink_->wanted());
  if (batch_->events().empty()) return;
  if (!live_) return pass_on();
  if (OwnedEvents* next = queue_.try_exchange(); next != nullptr) {
    batch_ = next;
    return;
  }
  const std::size_t wanted = batch_->events().size();
  batch_->assign(events, EventMask::only(EventKind::Record));
  dropped_ += wanted - batch_->events().size();
  if (!batch_->events().empty()) pass_on();
}

void ThreadedSink::on_tick(Timestamp now) {
  feedback_.exception.rethrow();
  signals_.tick_ns = to_ns(now);
  if (batch_ == nullptr) return;
  batch_->assign({});
  if (OwnedEvents* next = queue_.try_exchange(); next != nullptr) batch_ = next;
}

std::optional<Error> ThreadedSink::take_failure() {
  const std::lock_guard lock(feedback_.mutex);
  return std::exchange(feedback_.failure, std::nullopt);
}

Status ThreadedSink::finish(const CaptureInfo& capture) {
  capture_ = &capture;
  queue_.close();
  thread_.join();
  if (dropped_ > 0) {
    log(LogLevel::Warning,
        fmt::format("{}: {} events not stored, because the output was too slow", name(), dropped_));
  }
  if (const auto exception = feedback_.exception.get()) return Error{exception_text(exception)};
  return *feedback_.finished;
}

}  // namespace synfin
