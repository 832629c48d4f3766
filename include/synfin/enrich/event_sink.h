/// \file
/// EventSink: one output of a run. Connection log, event log, event lines, report, views,
/// inventory, store, metrics and publisher are sinks.
///
///     Event[] → filter → annotate → AnnotatedEvent[] → EventSink, EventSink, …
///
/// How to write a sink:
///
/// 1. Derive from EventSink in the layer of the output (log/, report/, view/, …) and name the event
///    kinds in wanted(). The table emits the union of what all sinks want, so a sink that needs
///    final records alone (EventKind::Record) costs nothing per packet.
/// 2. In on_events(), skip the kinds that you do not want: a batch holds every event that the table
///    emitted. Events and texts are valid until on_events() returns. To keep some, copy them into
///    an OwnedEvents.
/// 3. If annotations are not needed, return an empty mask from annotated(). Annotating is the most
///    expensive part of delivering an event; nothing is annotated that no sink reads.
/// 4. Open files in a factory function that returns Result<>. It runs after privileges are dropped,
///    so open them with OutputFile, and add their names to output_names() in app/confinement.cc.
///    Write what is buffered in on_tick().
/// 5. Report failures in one of two ways. A sink that cannot continue throws: it is not called
///    again, the events it misses are counted, and the failure is reported once. A sink that may
///    recover (a log continues in its next file) discards data itself, returns an Error from
///    take_failure() once, and one from finish(). Either way all other sinks continue, and
///    the exit status is 1.
/// 6. If the output may be slow (a database, a web service), wrap the sink in a ThreadedSink, which
///    runs it on its own thread behind a bounded queue.
/// 7. Create the sink in app/run_outputs.cc.
///
/// tests/support/fake_sink.h is a complete sink of 20 lines. Threads: all calls come from one
/// thread at a time, except limit_reached(), which any thread may call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "synfin/base/capture_info.h"
#include "synfin/base/output_folder.h"
#include "synfin/base/result.h"
#include "synfin/enrich/annotations.h"
#include "synfin/track/event.h"

namespace synfin {

/// An event and what is known about its connection. A view: event, annotations and the texts that
/// these point to live until the on_events() call that delivers them returns.
struct AnnotatedEvent {
  const Event& event;
  const Annotations& about;  ///< empty if no sink reads the annotations of this kind
};

/// All kinds but Record: what a person watches as it happens.
constexpr EventMask display_events() {
  EventMask mask;
  for (int kind = 0; kind < kEventKinds; ++kind) {
    if (static_cast<EventKind>(kind) != EventKind::Record)
      mask = mask | EventMask::only(static_cast<EventKind>(kind));
  }
  return mask;
}

/// How a sink receives its events.
enum class EventDelivery : std::uint8_t {
  Annotated,  ///< by on_events()
  Plain,      ///< by on_plain_events(), in the same order and on the same thread
  Counting,   ///< by on_plain_events(), on a pipeline stage of its own, beside the other sinks. If
              ///< a filter hides connections, as Plain.
};

class EventSink {
 public:
  virtual ~EventSink() = default;

  /// A name of the output for sentences about failures: "connection log".
  virtual std::string_view name() const = 0;

  /// The event kinds that this sink reads. Called once, before the first event.
  virtual EventMask wanted() const = 0;
  /// The kinds of which it reads the annotations; a subset of wanted().
  virtual EventMask annotated() const { return wanted(); }
  virtual EventDelivery delivery() const { return EventDelivery::Annotated; }
  /// True if on_events() also receives the events that --show does not select. A sink that keeps
  /// the current state of connections needs them to notice that one no longer matches.
  virtual bool receives_unselected() const { return false; }

  /// Live: false if the next batch is to be left out, which is counted. A sink that only displays
  /// events returns false if its output is behind, or if the run is: `hurried`.
  virtual bool accepts_events(bool /*hurried*/) { return true; }
  /// Receives the next batch, in the order in which the table emitted it. A batch holds all events
  /// that the filter passes, also of kinds that this sink does not want.
  virtual void on_events(std::span<const AnnotatedEvent> events) = 0;
  /// The same without annotations, for a sink whose delivery() is not Annotated.
  virtual void on_plain_events(std::span<const Event> /*events*/) {}

  /// Called after each batch and at least four times a second while the input is live or a pipe,
  /// with the wall-clock time. Write what is buffered here. Not called while a capture is read from
  /// a file, nor for EventDelivery::Counting.
  virtual void on_tick(Timestamp /*now*/) {}
  /// Opens output files again, after SIGHUP.
  virtual void reopen() {}

  /// Why the first write failed, once; empty otherwise.
  virtual std::optional<Error> take_failure() { return std::nullopt; }
  /// True once the sink has stored as much as its options allow; the run then ends. Any thread.
  virtual bool limit_reached() const { return false; }

  /// Called before finish() if names are resolved: query the name of each address that finish()
  /// writes, so that the run waits once for all of them.
  virtual void prepare_finish(const CaptureInfo& /*capture*/) {}
  /// The input has ended: writes the rest and closes the output. Fails with the first error that
  /// the output has met. A sink that prints only fills its buffer here, so that a reader of
  /// standard output who does not read delays no file.
  virtual Status finish(const CaptureInfo& capture) = 0;
  /// The last call, after all files of the run are complete: a sink that prints writes the rest and
  /// closes standard output, as finish() does a file.
  virtual Status finish_printing() { return Ok{}; }
};

}  // namespace synfin
