/// \file
/// EventDispatcher: delivers the table's events to all sinks, filtered and annotated once.
///
///     Event[] → find causes, count → find processes → filter → annotate → EventSink, EventSink, …
///
/// Tested in tests/unit/filter/event_dispatcher_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/enrich/annotator.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/filter/connection_filter.h"
#include "synfin/filter/show_filter.h"
#include "synfin/stats/loss_minutes.h"
#include "synfin/track/cause_finder.h"

namespace synfin {

/// Threads: dispatch(), tick() and flush() are called by one thread at a time; count() and
/// explain_and_count() may run on another thread at the same time, on later or earlier events. All
/// other members are called before the first event or after the last one, unless they say
/// otherwise.
class EventDispatcher {
 public:
  /// `annotator` must outlive the dispatcher. `filter` may be null. `needs_all`: emit all kinds of
  /// events even if no sink wants them, because processes are found as connections begin.
  EventDispatcher(Annotator& annotator, std::unique_ptr<ConnectionFilter> filter, bool needs_all);

  /// From now on sinks receive only what `expression` selects. REQUIRES: no sink was added.
  void set_show(const ShowExpression& expression) { show_.emplace(expression); }

  /// From now on dispatch() delivers each event by itself to all sinks, so that none is ahead of
  /// what another prints in the middle of a capture.
  void deliver_single_events() { single_events_ = true; }

  /// Sinks receive each batch, finish, and finish printing, in the order in which they are added.
  template <typename Sink>
  Sink* add(std::unique_ptr<Sink> sink) {
    Sink* const added = sink.get();
    add_sink(std::move(sink));
    return added;
  }

  /// The kinds of events that the table must emit. Always includes Record, with which hidden
  /// connections are counted and look-ups end.
  EventMask wanted() const;
  /// Null if nothing is hidden.
  const ConnectionFilter* filter() const { return filter_.get(); }
  /// Held while events are delivered, so that a screen may read sinks and annotator in between.
  std::mutex& mutex() { return mutex_; }

  /// Writes the causes of failures into the records of `events`, then does the work of count().
  void explain_and_count(std::span<Event> events);
  /// Delivers `events` to the sinks that count on a stage of their own (EventDelivery::Counting).
  /// For records of a log, which has their causes, or does not know them.
  void count(std::span<const Event> events);
  /// Delivers `events` to all other sinks. Every event passes through one of the two and
  /// dispatch(). `hurried`: leave out and count what is only for display, because the run is live
  /// and behind.
  void dispatch(std::span<const Event> events, bool hurried = false);

  /// For a pipe, after each batch: lets the sinks write what they have buffered.
  void flush(Timestamp now);
  /// Does the work of flush() and logs failures. Any thread; for a pipe that is silent for hours.
  void flush_and_report(Timestamp now);
  /// For a live capture, after each batch and at least four times a second: does the work of
  /// flush(), applies changes of databases and addresses, and logs failures.
  void tick(Timestamp now);
  /// Opens the files of the sinks again. Any thread.
  void reopen();
  /// True once a sink has stored as much as its options allow. Any thread.
  bool limit_reached() const;

  /// Adds the numbers of the connections that options have hidden.
  CaptureInfo with_hidden(CaptureInfo capture) const;

  /// Waits for names and finishes all sinks: first the files, then, after `finish_others`, what is
  /// printed, because its reader may never read it. Returns one Error for each failure.
  std::vector<Error> finish(CaptureInfo capture, const std::function<void()>& finish_others = {});

 private:
  /// A sink and its state.
  struct SinkEntry {
    std::unique_ptr<EventSink> sink;
    EventDelivery delivery = EventDelivery::Annotated;
    std::string failure;       ///< empty while the sink is enabled
    std::uint64_t missed = 0;  ///< events since it was disabled
    bool reported = false;     ///< finish() has returned `failure`
  };

  /// The events of a batch with their annotations.
  struct AnnotatedBatch {
    std::vector<Annotations> abouts;
    std::vector<AnnotatedEvent> all;
    std::vector<AnnotatedEvent> selected;  ///< with --show
  };

  void deliver(std::span<const Event> events, bool hurried);
  void add_sink(std::unique_ptr<EventSink> sink);
  template <typename Call>
  static bool guard(SinkEntry& entry, Call&& call);
  static void deliver_plain(SinkEntry& entry, std::span<const Event> events);
  void annotate(std::span<const Event> events);
  void forget(std::span<const Event> events);
  template <typename Finish>
  std::vector<Error> finish_each(Finish&& finish);
  void log_failures();

  Annotator& annotator_;
  std::unique_ptr<ConnectionFilter> filter_;
  std::optional<ShowFilter> show_;  ///< unset: everything is selected
  EventMask wanted_;
  EventMask annotated_;
  bool any_annotated_ = false;  ///< there is a sink of EventDelivery::Annotated
  bool single_events_ = false;  ///< see deliver_single_events()
  std::vector<SinkEntry> sinks_;
  std::mutex mutex_;
  AnnotatedBatch batch_;
  CauseFinder causes_;
  LossMinutes left_out_;  ///< live: events that no display showed
};

}  // namespace synfin
