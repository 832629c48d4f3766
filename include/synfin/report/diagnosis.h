/// \file
/// The rows of a report that explain: why attempts fail, which side hangs up, and when handshakes
/// became slower. SummaryData holds them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "synfin/track/connection.h"

namespace synfin {

/// The number of connections with each cause.
using CauseTotals = std::array<std::uint64_t, kCauses>;

/// Attempts on one service that failed for one cause. Many originators are one row.
struct FailureRow {
  static constexpr std::size_t kMaxAnswering = 16;

  Cause cause = Cause::None;
  Confidence confidence = Confidence::None;
  Address orig;  ///< the only originator, or one of them
  std::uint64_t clients = 0;
  std::string network;  ///< "10.0.0.0/24", if that has all of several originators
  Endpoint service;
  std::uint64_t attempts = 0;            ///< with this cause
  std::uint64_t of = 0;                  ///< attempts of the originator, or of all, on the service
  Timestamp first{};                     ///< the first SYN of the first one
  Timestamp last{};                      ///< the first SYN of the last one
  std::string evidence;                  ///< of the last one
  std::vector<std::uint16_t> answering;  ///< the lowest other ports of the host that answered
  std::uint64_t further_answering = 0;   ///< further ones, if there are more than kMaxAnswering
  Address icmp_sender;                   ///< Cause::Unreachable; Address{} = unknown
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
};

/// Who ended the established connections of a service.
struct CloserRow {
  Endpoint service;
  std::array<std::uint64_t, 2> fin{};  ///< by the originator, by the responder
  std::array<std::uint64_t, 2> rst{};
  std::uint64_t open = 0;  ///< no end was seen

  std::uint64_t ended() const { return fin[0] + fin[1] + rst[0] + rst[1]; }
};

/// Connections that were reset after the same silence. See find_idle_timers().
struct IdleTimerRow {
  std::optional<Endpoint> service;  ///< unset: services of several hosts
  Duration value{};                 ///< the median silence
  Duration spread{};                ///< half of the difference between the longest and the shortest
  std::uint64_t resets = 0;
  std::uint64_t moments = 0;        ///< different times at which they happened
  std::uint64_t idle_resets = 0;    ///< all resets after a silence of 5 s or more
  std::uint64_t by_originator = 0;  ///< resets sent by or in the name of the originator
  double chance = 0;                ///< an upper bound on the probability without a timer
  Timestamp first{};
  Timestamp last{};
};

/// A client that opened connections to one service so fast that its ports may run out.
struct PressureRow {
  Address orig;
  Endpoint service;
  std::uint64_t connections = 0;   ///< in the busiest minute
  Timestamp minute{};              ///< when that began
  std::uint64_t reused = 0;        ///< ended because a new connection took their ports
  std::uint64_t in_time_wait = 0;  ///< connections from ports in TIME-WAIT, as far as noticed
  bool exhausted = false;          ///< more than the usual range of ports in a minute
};

struct Hangups {
  std::vector<CloserRow> closers;      ///< most ended connections first
  std::uint64_t closers_left_out = 0;  ///< further rows
  std::vector<IdleTimerRow> idle_timers;
  std::vector<PressureRow> pressure;
  std::uint64_t idle_resets = 0;   ///< resets after a silence of 5 s or more
  std::uint64_t idle_unknown = 0;  ///< resets whose silence is unknown: control packets only
};

/// Handshake times of one service or network.
struct HandshakeWindow {
  Timestamp start{};
  std::uint64_t samples = 0;
  Duration p50 = kNoDuration;
  Duration p90 = kNoDuration;
  Duration p99 = kNoDuration;
};

/// A change of the median that noise does not explain. See find_shift().
struct HandshakeShift {
  Timestamp at{};
  Duration before{};  ///< median
  Duration after{};
  double chance = 0;  ///< an upper bound on the probability without a change
};

struct HandshakeRow {
  std::optional<Endpoint> service;  ///< unset: a network
  std::string network;              ///< "AS64500 Example Net" or "198.51.100.0/24", for a network
  std::uint64_t connections = 0;    ///< with a completed handshake
  std::uint64_t syn_retries = 0;
  std::uint64_t retransmitting = 0;  ///< connections with repeated data
  std::uint64_t samples = 0;
  Duration p50 = kNoDuration;
  Duration p90 = kNoDuration;
  Duration p99 = kNoDuration;
  std::vector<HandshakeWindow> windows;
  std::optional<HandshakeShift> shift;
};

struct Handshakes {
  Duration window{};  ///< width of a window
  std::vector<HandshakeRow> services;
  std::vector<HandshakeRow> networks;
  std::uint64_t services_left_out = 0;  ///< further rows
  std::uint64_t networks_left_out = 0;
};

}  // namespace synfin
