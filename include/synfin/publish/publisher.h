/// \file
/// Publisher and PublishSink: each final record becomes a message of a Kafka topic.
///
///     Record → JSON line → PublishSink ─ socket pair ─→ a process with librdkafka → brokers
///
/// The process is forked before anything is parsed, as that of notifications: it alone connects to
/// the brokers and reads their passwords. A message's key is the Community ID, so that both
/// directions of a connection, and what other sensors saw of it, reach the same partition. Memory
/// is bounded on both sides; what does not fit is counted. Live, the sink never waits; for a
/// capture it waits for the process. Tested in tests/unit/publish/ and tests/check/publish.py.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "synfin/base/gauges.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/publish/publish_options.h"
#include "synfin/sandbox/sender_process.h"

namespace synfin {

/// The process that publishes.
class Publisher {
 public:
  /// Forks it. Null if nothing is to be published. Fails with a sentence if the properties are
  /// wrong. REQUIRES: no other thread runs.
  static Result<std::unique_ptr<Publisher>> start(const PublishOptions& options,
                                                  std::optional<TargetUser> user,
                                                  SandboxMode sandbox);

  pid_t process() const { return process_->process(); }

 private:
  friend class PublishSink;
  Publisher(std::unique_ptr<SenderProcess> process, std::string url)
      : process_(std::move(process)), url_(std::move(url)) {}

  std::unique_ptr<SenderProcess> process_;
  std::string url_;
};

class PublishSink final : public EventSink {
 public:
  /// `gauges` must outlive the sink. `live`: never wait, but count what does not fit.
  PublishSink(std::unique_ptr<Publisher> publisher, DeliveryGauges& gauges, bool live);
  ~PublishSink() override;

  std::string_view name() const override { return "publisher"; }
  EventMask wanted() const override { return EventMask::only(EventKind::Record); }
  void on_events(std::span<const AnnotatedEvent> events) override;
  void on_tick(Timestamp now) override;
  std::optional<Error> take_failure() override;
  /// Waits until the process has delivered what it holds, for some seconds at most. Fails if any
  /// record was lost.
  Status finish(const CaptureInfo& capture) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
