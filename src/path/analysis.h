/// \file
/// compare_path(): two traces → PathReport, all that differs between the two points of a path.
///
///     Trace, Trace → pairs (match.h) → clock (clock.h) → each pair's two ways (compare.h) → totals
///
/// Tested in tests/unit/path/analysis_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "path/compare.h"

namespace synfin {

/// Percentiles of delays. In ascending order; unset members are 0 if there are no samples.
struct DelayFigures {
  std::uint64_t samples = 0;
  Duration p50{0};
  Duration p99{0};
  Duration max{0};
};
DelayFigures figures_of(const std::vector<DelaySample>& samples);

/// A moment from which on most segments took another time.
struct DelayChange {
  Timestamp when{};  ///< by the client's clock
  Duration before{0};
  Duration after{0};
};
/// The largest lasting change, if it exceeds what the samples vary by. Sorts the samples by time.
std::optional<DelayChange> find_change(std::vector<DelaySample>& samples);

/// One paired connection with differences.
struct PathConnection {
  PathPair pair;
  std::array<FiveTuple, 2> tuple;  ///< by Point
  Way orig_way = kToServer;
  std::array<WayResult, 2> way;  ///< by Way; without delays
  std::array<DelayFigures, 2> delay;
  std::array<bool, 2> renumbered{};              ///< by Sender: other sequence numbers
  std::array<std::array<SynOffer, 2>, 2> offer;  ///< [Point][Sender]

  bool never_arrived() const { return way[0].never_arrived || way[1].never_arrived; }
};

/// Why a connection is in one capture only.
enum class LoneReason : std::uint8_t {
  SynLost,    ///< its SYNs left one point and never reached the other; an answer is injected
  Elsewhere,  ///< it went on, but the other point shows nothing of it
  NotSent,    ///< the point before its target shows it, the one before its source does not
};

struct LoneConnection {
  Point point = kClient;
  FiveTuple tuple;
  Timestamp first{};  ///< by the clock of its capture
  std::uint64_t segments = 0;
  LoneReason reason = LoneReason::Elsewhere;
  std::array<std::uint64_t, kSegmentClasses> injected{};  ///< answers that its target never sent
};

/// The responder of several connections, as the client's capture shows it, if they have only one.
class CommonResponder {
 public:
  void add(const Endpoint& responder) {
    several_ = several_ || (one_ && *one_ != responder);
    one_ = responder;
  }
  std::optional<Endpoint> get() const { return several_ ? std::nullopt : one_; }

 private:
  std::optional<Endpoint> one_;
  bool several_ = false;
};

/// Sums over all pairs.
struct WayTotals {
  WayResult sum;  ///< never_arrived, ttl and hops have no meaning here
  std::vector<DelaySample> delays;
  std::array<std::uint64_t, kSegmentClasses> lossy{};  ///< connections that lost such a segment
  std::uint64_t connections = 0;                       ///< in which this way has segments
  std::uint64_t syn_never_arrived = 0;                 ///< connections
  std::uint64_t syn_ack_never_arrived = 0;
  std::uint64_t syn_acks = 0;      ///< connections whose SYN-ACK left the source
  std::uint64_t syns = 0;          ///< connections whose SYN left the source
  std::uint64_t injected = 0;      ///< connections with an RST that was never sent
  std::uint64_t odd_ttl = 0;       ///< of these, the RST's TTL differs from that of the sender
  std::uint64_t answered = 0;      ///< connections with a SYN-ACK that was never sent
  std::uint64_t raised_ttl = 0;    ///< connections whose TTL rises on the way
  CommonResponder syn_losers;      ///< of the connections of syn_never_arrived
  CommonResponder syn_ack_losers;  ///< of those of syn_ack_never_arrived
  CommonResponder reset;           ///< of those of `injected`
  std::optional<int> min_hops;
  int max_hops = 0;
};

/// What NAT and other devices rewrite, in connections.
enum class Rewriting : std::uint8_t {
  OrigAddress,
  OrigPort,
  RespAddress,
  RespPort,
  SequenceNumbers,
  Mss,
  WindowScale,
  SynOptions,
  Ecn,
  Dscp
};
inline constexpr std::size_t kRewritings = 10;

struct RewritingTotal {
  std::uint64_t connections = 0;
  std::string from;  ///< of the first connection, as the client's capture shows it
  std::string to;
};

struct PathReport {
  std::array<std::string, 2> file;  ///< names of the captures, not escaped
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint64_t, 2> segments{};
  std::array<std::uint64_t, 2> connections{};
  std::array<std::optional<Timestamp>, 2> first, last;  ///< of the captures' packets
  std::array<bool, 2> full{}, twice{}, control_only{};
  ClockModel clock;
  std::optional<Overlap> overlap;        ///< unset if the captures have no time in common
  std::array<std::uint64_t, 3> pairs{};  ///< by MatchBasis
  std::uint64_t ambiguous = 0;
  std::uint64_t swapped = 0;               ///< pairs whose originator is at the server's point
  std::array<std::uint64_t, 2> one_way{};  ///< by Point: pairs of which it lacks a direction
  std::array<WayTotals, 2> way;
  std::array<DelayFigures, 2> delay;
  std::array<std::optional<DelayChange>, 2> change;
  std::array<RewritingTotal, kRewritings> rewritten;
  std::uint64_t differing = 0;        ///< paired connections with differences
  std::vector<PathConnection> shown;  ///< the first kMaxShown of them
  std::vector<LoneConnection> lone;   ///< of those that were judged, the first kMaxShown
  std::array<std::array<std::uint64_t, 3>, 2> lone_by_reason{};  ///< [Point][LoneReason]
  std::array<std::uint64_t, 2> unrelated{};   ///< by Point: to hosts that the other never shows
  std::array<std::uint64_t, 2> outside{};     ///< by Point: without a partner, not in the overlap
  std::array<std::uint64_t, 2> behind_nat{};  ///< by Point: perhaps of another host behind the NAT

  std::uint64_t paired() const { return pairs[0] + pairs[1] + pairs[2]; }
  /// False if the captures have no connection in common, so that equal() proves nothing.
  bool compared() const { return paired() > 0; }
  /// True if nothing was lost, delayed, reset or rewritten.
  bool equal() const;
};

inline constexpr std::size_t kMaxShown = 100'000;

struct PathOptions {
  /// Both captures ran during all of the time of either.
  bool whole = false;
};

/// May exchange originators and responders in the traces. See match_connections().
PathReport compare_path(Trace& client, Trace& server, const PathOptions& options);

}  // namespace synfin
