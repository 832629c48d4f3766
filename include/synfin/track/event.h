/// \file
/// What ConnectionTable tells the rest of the program. See event_buffer.h for the way it does.
#pragma once

#include <cstdint>
#include <string_view>

#include "synfin/track/connection.h"

namespace synfin {

enum class EventKind : std::uint8_t {
  Syn,          ///< a connection attempt
  Retry,        ///< the SYN again, with the same initial sequence number
  Open,         ///< the handshake is complete
  Midstream,    ///< a connection whose handshake was not seen, or known from the socket table
  Fin,          ///< one side closed; Event::side says which
  Close,        ///< both sides have closed
  Reset,        ///< an RST ended an established connection
  Refused,      ///< an RST answered the SYN
  Unreachable,  ///< an ICMP error answered the SYN
  Aborted,      ///< the originator reset before the handshake ended
  HalfOpen,     ///< the SYN-ACK repeats: its acknowledgement is missing
  Backscatter,  ///< a lone RST, or a lone SYN-ACK when it times out
  Unanswered,   ///< the SYN timed out
  Timeout,      ///< idle for too long, or half-closed for too long
  Reused,       ///< a new connection took its ports
  Evicted,      ///< the table was full
  Record,       ///< the final record; exactly one for each connection
};
inline constexpr int kEventKinds = 17;

/// "SYN", "RETRY", …: upper case, as in an event line.
std::string_view to_string(EventKind kind);

struct Event {
  EventKind kind = EventKind::Record;
  Side side = Side::None;       ///< who caused it, where one side did
  Timestamp time{};             ///< the packet's time, or the deadline that passed
  ConnectionRecord connection;  ///< as it stands after the event
};

/// A set of event kinds, so that nobody pays for events that nobody reads.
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
