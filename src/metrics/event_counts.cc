// See event_counts.h.
#include "metrics/event_counts.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "synfin/report/summary_data.h"

namespace synfin {

void EventCounts::count(std::span<const Event> batch) {
  for (const Event& event : batch) {
    events[static_cast<std::size_t>(event.kind)].add(1);
    if (event.kind == EventKind::Open) count_open(event.connection);
    if (event.kind == EventKind::Record) count_record(event.connection);
  }
}

void EventCounts::count_open(const ConnectionRecord& r) {
  services.add_established(r.tuple.resp);
  if (r.synack_rtt == kNoDuration) return;
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(
      0, std::chrono::floor<std::chrono::microseconds>(r.synack_rtt).count()));
  const auto* const bound =
      std::lower_bound(std::begin(kHandshakeBounds), std::end(kHandshakeBounds), us);
  handshakes[static_cast<std::size_t>(bound - std::begin(kHandshakeBounds))].add(1);
  handshake_us.add(us);
}

void EventCounts::count_record(const ConnectionRecord& r) {
  const Outcome outcome = counted_outcome(r);
  outcomes[static_cast<std::size_t>(outcome)].add(1);
  orig_bytes.add(r.orig.bytes);
  resp_bytes.add(r.resp.bytes);
  const bool failed = is_failure(outcome);
  if (failed) services.add_failed(r.tuple.resp);
  if (failed || r.cause.cause != Cause::None)
    causes[static_cast<std::size_t>(r.cause.cause)].add(1);
}

}  // namespace synfin
