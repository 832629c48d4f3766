// See live_losses.h.
#include "synfin/track/live_losses.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/track/connection_table.h"

namespace synfin {
namespace {

/// Every kind but Record, the least valuable one first.
constexpr EventKind kOrder[] = {
    EventKind::Retry,       EventKind::HalfOpen,    EventKind::Fin,     EventKind::Syn,
    EventKind::Midstream,   EventKind::Open,        EventKind::Timeout, EventKind::Unanswered,
    EventKind::Backscatter, EventKind::Evicted,     EventKind::Reused,  EventKind::Close,
    EventKind::Aborted,     EventKind::Unreachable, EventKind::Reset,   EventKind::Refused};
static_assert(std::size(kOrder) == kEventKinds - 1);

/// Making room takes time in proportion to the buffer, so it makes more than one segment needs.
constexpr std::size_t kShare = 4;

}  // namespace

std::size_t LiveLosses::make_room(EventBuffer& buffer, Timestamp now) {
  const std::size_t wanted =
      std::max(ConnectionTable::kMaxEventsPerSegment, buffer.capacity() / kShare);
  const std::size_t dropped = buffer.drop(kOrder, wanted, dropped_);
  events_.add(now, dropped);
  return dropped;
}

void LiveLosses::note_dropped_packets(Timestamp now, std::uint64_t total) {
  packets_.add(now, total - std::min(total, packets_noted_));
  packets_noted_ = total;
}

std::vector<std::string> LiveLosses::sentences() const {
  std::vector<std::string> all =
      packets_.sentences("records", "packets were dropped by the kernel or an interface");
  for (std::string& sentence :
       events_.sentences("events", "were dropped, because the output was too slow; no record was"))
    all.push_back(std::move(sentence));
  std::string kinds;
  for (const EventKind kind : kOrder) {
    const std::uint64_t count = dropped_[static_cast<std::size_t>(kind)];
    if (count > 0)
      kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count, to_string(kind));
  }
  if (!kinds.empty()) all.push_back("dropped events by kind: " + kinds);
  return all;
}

}  // namespace synfin
