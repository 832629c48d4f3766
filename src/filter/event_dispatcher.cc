// See event_dispatcher.h.
#include "synfin/filter/event_dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/exception_text.h"

namespace synfin {
namespace {

const Annotations kNoAnnotations;

/// How long finish() waits for names without --dns-wait.
constexpr Duration kNameWait = std::chrono::seconds{3};
constexpr Duration kNameWaitAfterSignal = std::chrono::seconds{1};

void log_all(LogLevel level, const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences) log(level, sentence);
}

std::uint64_t count_wanted(std::span<const AnnotatedEvent> batch, EventMask wanted) {
  return static_cast<std::uint64_t>(
      std::count_if(batch.begin(), batch.end(),
                    [&](const AnnotatedEvent& e) { return wanted.has(e.event.kind); }));
}

}  // namespace

EventDispatcher::EventDispatcher(Annotator& annotator, std::unique_ptr<ConnectionFilter> filter,
                                 bool needs_all)
    : annotator_(annotator),
      filter_(std::move(filter)),
      wanted_(needs_all ? EventMask::all() : EventMask::only(EventKind::Record)) {}

void EventDispatcher::add_sink(std::unique_ptr<EventSink> sink) {
  SinkEntry entry;
  entry.delivery = sink->delivery();
  if (entry.delivery == EventDelivery::Counting && (filter_ || show_))
    entry.delivery = EventDelivery::Plain;
  if (entry.delivery == EventDelivery::Annotated) {
    any_annotated_ = true;
    annotated_ = annotated_ | sink->annotated();
  }
  wanted_ = wanted_ | sink->wanted();
  entry.sink = std::move(sink);
  sinks_.push_back(std::move(entry));
}

EventMask EventDispatcher::wanted() const { return wanted_; }

/// Calls the sink, unless it is disabled. An exception disables it. Returns true if it is enabled.
template <typename Call>
bool EventDispatcher::guard(SinkEntry& entry, Call&& call) {
  if (!entry.failure.empty()) return false;
  try {
    call(*entry.sink);
    return true;
  } catch (...) {
    entry.failure = fmt::format("the {} failed: {}", entry.sink->name(),
                                exception_text(std::current_exception()));
    log(LogLevel::Error, entry.failure + "; the other outputs continue");
    return false;
  }
}

void EventDispatcher::deliver_plain(SinkEntry& entry, std::span<const Event> events) {
  if (!guard(entry, [&](EventSink& sink) { sink.on_plain_events(events); }))
    entry.missed += events.size();
}

void EventDispatcher::explain_and_count(std::span<Event> events) {
  if (sinks_.empty()) return;
  causes_.explain(events);
  count(events);
}

void EventDispatcher::count(std::span<const Event> events) {
  for (SinkEntry& entry : sinks_) {
    if (entry.delivery == EventDelivery::Counting) deliver_plain(entry, events);
  }
}

void EventDispatcher::dispatch(std::span<const Event> events, bool hurried) {
  annotator_.request_processes(events);  // may wait for an answer, so the mutex is not held yet
  const std::lock_guard lock(mutex_);
  annotator_.take_answers();
  if (!single_events_) return deliver(events, hurried);
  for (std::size_t i = 0; i < events.size(); ++i) deliver(events.subspan(i, 1), hurried);
}

void EventDispatcher::deliver(std::span<const Event> events, bool hurried) {
  if (filter_) events = filter_->shown(events, annotator_);
  const std::span<const Event> selected = show_ ? show_->select(events, annotator_) : events;
  if (any_annotated_) annotate(events);
  for (SinkEntry& entry : sinks_) {
    if (entry.delivery == EventDelivery::Plain) deliver_plain(entry, selected);
    if (entry.delivery != EventDelivery::Annotated) continue;
    const bool all = !show_ || entry.sink->receives_unselected();
    const std::span<const AnnotatedEvent> batch = all ? batch_.all : batch_.selected;
    if (!batch.empty() && !entry.sink->accepts_events(hurried)) {
      left_out_.add(batch.back().event.time, count_wanted(batch, entry.sink->wanted()));
      continue;
    }
    if (!guard(entry, [&](EventSink& sink) { sink.on_events(batch); }))
      entry.missed += batch.size();
  }
  forget(events);
}

/// Fills batch_. If no sink reads the annotations of a kind, its events get empty ones.
void EventDispatcher::annotate(std::span<const Event> events) {
  batch_.all.clear();
  batch_.selected.clear();
  if (batch_.abouts.size() < events.size()) batch_.abouts.resize(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool read = annotated_.has(events[i].kind);
    if (read) batch_.abouts[i] = annotator_.annotate(events[i].connection);
    batch_.all.push_back({events[i], read ? batch_.abouts[i] : kNoAnnotations});
    if (show_ && show_->matched(i)) batch_.selected.push_back(batch_.all.back());
  }
}

/// Handles the ends of connections: requests the names of their addresses, printed or not, and
/// drops their processes.
void EventDispatcher::forget(std::span<const Event> events) {
  const bool names = annotator_.resolves_names();
  for (const Event& event : events) {
    if (event.kind != EventKind::Record) continue;
    if (names) annotator_.request_names(event.connection);
    annotator_.forget(event.connection);
  }
}

void EventDispatcher::flush(Timestamp now) {
  const std::lock_guard lock(mutex_);
  for (SinkEntry& entry : sinks_) {
    if (entry.delivery == EventDelivery::Counting) continue;
    guard(entry, [&](EventSink& sink) { sink.on_tick(now); });
  }
}

void EventDispatcher::flush_and_report(Timestamp now) {
  flush(now);
  log_failures();
}

void EventDispatcher::tick(Timestamp now) {
  {
    const std::lock_guard lock(mutex_);
    annotator_.refresh();
    log_all(LogLevel::Detail, annotator_.take_details());
    log_all(LogLevel::Warning, annotator_.take_warnings());
    annotator_.update_own_addresses();
  }
  flush_and_report(now);
}

void EventDispatcher::log_failures() {
  std::vector<std::string> failures;
  const char* const others = sinks_.size() > 1 ? "; the other outputs continue" : "";
  {
    const std::lock_guard lock(mutex_);
    for (SinkEntry& entry : sinks_) {
      if (entry.delivery == EventDelivery::Counting) continue;
      guard(entry, [&](EventSink& sink) {
        const std::optional<Error> failure = sink.take_failure();
        if (!failure) return;
        // If the reader of the only output leaves, the end of the run reports it.
        const bool ends = sinks_.size() == 1 && failure->kind == ErrorKind::ReaderGone;
        if (!ends) failures.push_back(failure->message + others);
      });
    }
  }
  log_all(LogLevel::Error, failures);
}

void EventDispatcher::reopen() {
  const std::lock_guard lock(mutex_);
  for (SinkEntry& entry : sinks_) {
    if (entry.delivery == EventDelivery::Counting) continue;
    guard(entry, [](EventSink& sink) { sink.reopen(); });
  }
}

bool EventDispatcher::limit_reached() const {
  return std::any_of(sinks_.begin(), sinks_.end(),
                     [](const SinkEntry& entry) { return entry.sink->limit_reached(); });
}

/// Returns one Error for each failure.
template <typename Finish>
std::vector<Error> EventDispatcher::finish_each(Finish&& finish) {
  std::vector<Error> failures;
  for (SinkEntry& entry : sinks_) {
    const bool finished = guard(entry, [&](EventSink& sink) {
      if (const Status done = finish(sink); !done) failures.push_back(done.error());
    });
    if (!finished && !std::exchange(entry.reported, true)) {
      failures.push_back({entry.missed == 0
                              ? entry.failure
                              : fmt::format("{} ({} events lost)", entry.failure, entry.missed)});
    }
  }
  return failures;
}

CaptureInfo EventDispatcher::with_hidden(CaptureInfo capture) const {
  if (filter_) capture.hidden = filter_->counts();
  if (show_) capture.hidden.emplace_back("show", show_->omitted());
  return capture;
}

std::vector<Error> EventDispatcher::finish(CaptureInfo capture,
                                           const std::function<void()>& finish_others) {
  capture = with_hidden(std::move(capture));
  for (std::string& sentence :
       left_out_.sentences("event lines", "events were not shown, because the output was too slow"))
    capture.gaps.push_back(std::move(sentence));
  if (annotator_.resolves_names()) {
    for (SinkEntry& entry : sinks_)
      guard(entry, [&](EventSink& sink) { sink.prepare_finish(capture); });
    const Duration wait = capture.interrupted ? kNameWaitAfterSignal : kNameWait;
    if (const std::string missing = annotator_.wait_for_names(wait); !missing.empty())
      log(LogLevel::Info, missing);
  }
  std::vector<Error> failures = finish_each([&](EventSink& sink) { return sink.finish(capture); });
  log_all(LogLevel::Detail, annotator_.take_details());
  log_all(LogLevel::Warning, annotator_.take_warnings());
  if (const std::string lost = annotator_.process_loss_warning(); !lost.empty())
    log(LogLevel::Warning, lost);
  if (finish_others) finish_others();
  for (Error& failure : finish_each([](EventSink& sink) { return sink.finish_printing(); }))
    failures.push_back(std::move(failure));
  return failures;
}

}  // namespace synfin
