/// \file
/// ThreadedSink: runs another sink on a thread of its own, behind a bounded queue.
///
///     on_events() → copy → BoundedRing ⇒ thread → the sink's on_events()
///
/// For outputs that may be slow: a database, a web service. Tested in
/// tests/unit/enrich/threaded_sink_test.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "synfin/base/bounded_ring.h"
#include "synfin/base/exception_text.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/enrich/owned_events.h"

namespace synfin {

struct ThreadedSinkOptions {
  std::size_t batches = 64;  ///< length of the queue; at least 2
  /// What happens if the queue is full. Not live: on_events() waits, so nothing is lost. Live:
  /// events that are only for display are dropped and counted; for final records on_events() waits,
  /// so that they wait in the connection table.
  bool live = false;
};

/// The sink gets annotated events, its own prepare_finish() is never called, and it must not use an
/// Annotator. All its calls come from its own thread, except name(), the event masks
/// and limit_reached().
class ThreadedSink final : public EventSink {
 public:
  ThreadedSink(std::unique_ptr<EventSink> sink, const ThreadedSinkOptions& options);
  /// Delivers what is queued and ends the thread.
  ~ThreadedSink() override;

  /// Events for display only that were dropped because the queue was full.
  std::uint64_t dropped() const { return dropped_; }

  std::string_view name() const override { return sink_->name(); }
  EventMask wanted() const override { return sink_->wanted(); }
  EventMask annotated() const override { return sink_->annotated(); }
  /// Throws what the sink threw on its thread.
  void on_events(std::span<const AnnotatedEvent> events) override;
  /// Wakes the sink, unless the queue is full.
  void on_tick(Timestamp now) override;
  void reopen() override { signals_.reopen = true; }
  std::optional<Error> take_failure() override;
  bool limit_reached() const override { return sink_->limit_reached(); }
  /// Waits until the sink has received all that is queued and has finished.
  Status finish(const CaptureInfo& capture) override;
  Status finish_printing() override { return sink_->finish_printing(); }  // its thread has ended

 private:
  /// The signals that the owner's thread passes on beside events.
  struct Signals {
    std::atomic<bool> reopen{false};
    std::atomic<std::int64_t> tick_ns{0};  ///< 0 = none
  };
  /// The results that the sink's thread passes back.
  struct Feedback {
    FirstException exception;
    std::optional<Status> finished;
    std::mutex mutex;              ///< guards `failure`
    std::optional<Error> failure;  ///< of the sink's take_failure()
  };

  void run();
  void deliver(const OwnedEvents& batch);
  void pass_on();

  std::unique_ptr<EventSink> sink_;
  bool live_;
  BoundedRing<OwnedEvents> queue_;
  OwnedEvents* batch_;  ///< the next to fill; null once the sink has failed
  std::uint64_t dropped_ = 0;
  const CaptureInfo* capture_ = nullptr;  ///< set by finish()
  Signals signals_;
  Feedback feedback_;
  std::thread thread_;
};

}  // namespace synfin
