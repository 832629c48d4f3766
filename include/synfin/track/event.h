/// \file
/// Event: a change in the life of one connection, as ConnectionTable reports it through
/// EventBuffer.
#pragma once

#include <cstdint>
#include <string_view>

#include "synfin/track/connection.h"

namespace synfin {

enum class EventKind : std::uint8_t {
  Syn,          ///< a connection attempt
  Retry,        ///< the SYN was repeated with the same initial sequence number
  Open,         ///< the handshake is complete
  Midstream,    ///< a connection without a handshake, or one from the socket table
  Fin,          ///< one side closed; Event::side is that side
  Close,        ///< both sides have closed
  Reset,        ///< an RST ended an established connection
  Refused,      ///< an RST answered the SYN
  Unreachable,  ///< an ICMP error answered the SYN
  Aborted,      ///< the originator reset before the handshake ended
  HalfOpen,     ///< the 1st, 10th, 100th … repeated SYN-ACK: its acknowledgement is missing
  Backscatter,  ///< a lone RST, or a lone SYN-ACK that timed out or was reset
  Unanswered,   ///< no answer to the SYN before its time-out
  Timeout,      ///< idle or half-closed for too long
  Reused,       ///< a new connection took its ports
  Evicted,      ///< the table was full
  Record,       ///< the final record; exactly one for each connection
};
inline constexpr int kEventKinds = 17;

/// "SYN", "RETRY", …: upper case, as in an event line.
std::string_view to_string(EventKind kind);

struct Event {
  EventKind kind = EventKind::Record;
  Side side = Side::None;       ///< the side that caused it, if one did
  Timestamp time{};             ///< the time of the packet, or the deadline that passed
  ConnectionRecord connection;  ///< the state after the event
};

/// The outcome under which reports and views count a connection. One that this host's kernel listed
/// was already open; it is not a successful attempt, however it ends.
inline Outcome counted_outcome(const ConnectionRecord& r) {
  return r.direction_basis == DirectionBasis::Socket ? Outcome::Midstream : r.outcome;
}

/// The counted outcome after `event`. An unanswered SYN is pending until the table reports its
/// time-out.
inline Outcome outcome_after(const Event& event) {
  const bool syn = event.kind == EventKind::Syn || event.kind == EventKind::Retry;
  return syn ? Outcome::Pending : counted_outcome(event.connection);
}

/// A set of event kinds. The table skips the work for kinds that are not in its mask.
class EventMask {
 public:
  constexpr EventMask() = default;
  static constexpr EventMask all() { return EventMask{(1u << kEventKinds) - 1}; }
  static constexpr EventMask only(EventKind kind) {
    return EventMask{1u << static_cast<unsigned>(kind)};
  }
  constexpr bool has(EventKind kind) const { return (bits_ >> static_cast<unsigned>(kind)) & 1u; }
  constexpr EventMask operator|(EventMask other) const { return EventMask{bits_ | other.bits_}; }

 private:
  constexpr explicit EventMask(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

}  // namespace synfin
