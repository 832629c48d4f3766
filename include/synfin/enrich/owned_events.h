/// \file
/// OwnedEvents: copies of annotated events that outlive their batch.
/// Tested in tests/unit/enrich/owned_events_test.cc.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "synfin/enrich/event_sink.h"

namespace synfin {

/// Owns the events, their annotations and the texts of these. assign() reuses the memory of the
/// previous copies. Not thread-safe.
class OwnedEvents {
 public:
  OwnedEvents() = default;
  OwnedEvents(OwnedEvents&&) = default;
  OwnedEvents& operator=(OwnedEvents&&) = default;
  OwnedEvents(const OwnedEvents&) = delete;
  OwnedEvents& operator=(const OwnedEvents&) = delete;

  /// Replaces the copies by those of `events` whose kind is in `kinds`.
  void assign(std::span<const AnnotatedEvent> events, EventMask kinds = EventMask::all());

  /// Valid until the next assign(); moving this object keeps them valid.
  std::span<const AnnotatedEvent> events() const { return views_; }

 private:
  void copy_texts(EndpointAnnotations& about);
  void copy_text(std::string_view& text);

  std::vector<Event> events_;
  std::vector<Annotations> abouts_;
  std::vector<char> texts_;
  std::vector<AnnotatedEvent> views_;
};

}  // namespace synfin
