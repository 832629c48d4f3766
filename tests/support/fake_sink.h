/// \file
/// FakeSink: the smallest complete EventSink, which keeps copies of what it receives.
#pragma once

#include <vector>

#include "synfin/enrich/owned_events.h"

namespace synfin::test {

struct FakeSink : EventSink {
  explicit FakeSink(EventMask wants = EventMask::all()) : mask(wants) {}

  std::string_view name() const override { return "fake sink"; }
  EventMask wanted() const override { return mask; }
  void on_events(std::span<const AnnotatedEvent> batch) override {
    kept.emplace_back().assign(batch, mask);
    for (const AnnotatedEvent& e : kept.back().events()) kinds.push_back(e.event.kind);
  }
  void on_tick(Timestamp) override { ++ticks; }
  void reopen() override { ++reopened; }
  Status finish(const CaptureInfo&) override { return result; }

  EventMask mask;
  std::vector<OwnedEvents> kept;
  std::vector<EventKind> kinds;
  int ticks = 0, reopened = 0;
  Status result = Ok{};
};

}  // namespace synfin::test
