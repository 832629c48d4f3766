/// \file
/// What ConnectionTable tells the rest of the program, and the buffer in which it does.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

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

/// A fixed number of events, filled by the table and read by the output side.
///
/// Allocates in the constructor only. Not thread-safe: it changes hands, it is not shared.
class EventBuffer {
 public:
  explicit EventBuffer(std::size_t capacity)
      : events_(std::make_unique<Event[]>(capacity)), capacity_(capacity) {}

  std::size_t room() const { return capacity_ - size_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }

  /// The next event to fill in; it holds what an earlier use left. REQUIRES: room() > 0.
  Event& append() {
    assert(size_ < capacity_);
    return events_[size_++];
  }

  /// Throws away all events but records, which stay in order, and returns how many went.
  std::size_t keep_records() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (events_[i].kind == EventKind::Record) events_[kept++] = events_[i];
    }
    return std::exchange(size_, kept) - kept;
  }

  /// Valid until the next append() or clear().
  std::span<const Event> events() const { return {events_.get(), size_}; }
  std::span<Event> events() { return {events_.get(), size_}; }

 private:
  std::unique_ptr<Event[]> events_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace synfin
