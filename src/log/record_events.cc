// See record_events.h.
#include "log/record_events.h"

#include <algorithm>
#include <optional>

namespace synfin {
namespace {

/// The event that begins what is known of the connection, if it led to anything.
std::optional<EventKind> opening(const ConnectionRecord& r) {
  switch (r.outcome) {
    case Outcome::Open:
    case Outcome::Closed:
    case Outcome::Reset:
      return EventKind::Open;
    case Outcome::Midstream:
      return EventKind::Midstream;
    default:
      return std::nullopt;
  }
}

/// The event that ended the connection; nothing if it was still open.
std::optional<EventKind> ending(const ConnectionRecord& r) {
  switch (r.outcome) {
    case Outcome::Reset:
      return EventKind::Reset;
    case Outcome::Refused:
      return EventKind::Refused;
    case Outcome::Unanswered:
      return EventKind::Unanswered;
    case Outcome::Unreachable:
      return EventKind::Unreachable;
    case Outcome::HalfOpen:
      return EventKind::HalfOpen;
    case Outcome::Aborted:
      return EventKind::Aborted;
    case Outcome::Backscatter:
      return EventKind::Backscatter;
    case Outcome::Pending:
      return EventKind::Syn;
    case Outcome::Open:
      return std::nullopt;
    case Outcome::Closed:
    case Outcome::Midstream:
      break;
  }
  switch (r.state) {
    case ConnState::SF:
      return EventKind::Close;
    case ConnState::S2:
    case ConnState::S3:
    case ConnState::SH:
    case ConnState::SHR:
      return EventKind::Fin;
    case ConnState::RSTO:
    case ConnState::RSTR:
    case ConnState::RSTOS0:
    case ConnState::RSTRH:
      return EventKind::Reset;
    default:
      return std::nullopt;
  }
}

/// When the handshake ended, as far as the log has it.
Timestamp opened_at(const ConnectionRecord& r) {
  Timestamp time = r.first;
  for (const Duration rtt : {r.synack_rtt, r.ack_rtt}) {
    if (rtt != kNoDuration) time = saturating_add(time, rtt);
  }
  return std::min(time, r.last);
}

}  // namespace

std::size_t record_events(const ConnectionRecord& record, EventMask wanted, std::span<Event> out) {
  std::size_t size = 0;
  const auto add = [&](EventKind kind, Side side, Timestamp time) {
    if (!wanted.has(kind)) return;
    Event& event = out[size++];
    event.kind = kind;
    event.side = side;
    event.time = time;
    event.connection = record;
  };
  if (const auto kind = opening(record)) add(*kind, Side::None, opened_at(record));
  if (const auto kind = ending(record)) add(*kind, record.closed_by, record.last);
  add(EventKind::Record, Side::None, record.last);
  return size;
}

}  // namespace synfin
