/// \file
/// SummaryData: what a report says, as plain sorted tables. Made by Summary::data(), read by the
/// renderers.
///
/// What is an attempt: every connection but `midstream` (its beginning was not seen) and
/// `backscatter` (its beginning was not here). What is judged: an attempt that either became a
/// connection (open, closed, reset) or failed (refused, unanswered, unreachable, half_open).
/// `pending` is too early to judge, and `aborted` is the originator's own change of mind: both are
/// attempts, neither is in a success rate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "synfin/stats/rtt_histogram.h"
#include "synfin/track/connection.h"

namespace synfin {

/// How many connections ended how. `Count` is narrow in the tables, wide in totals.
template <typename Count>
class OutcomeTally {
 public:
  /// Stops at the largest Count rather than to begin again at 0.
  void add(Outcome outcome) {
    Count& count = counts_[static_cast<std::size_t>(outcome)];
    count = static_cast<Count>(count + (count != static_cast<Count>(-1)));
  }

  /// Takes one back that add() counted.
  void remove(Outcome outcome) {
    Count& count = counts_[static_cast<std::size_t>(outcome)];
    count = static_cast<Count>(count - (count != 0));
  }

  std::uint64_t of(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
  std::uint64_t all() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
  }
  std::uint64_t attempts() const {
    return all() - of(Outcome::Midstream) - of(Outcome::Backscatter);
  }
  std::uint64_t established() const {
    return of(Outcome::Open) + of(Outcome::Closed) + of(Outcome::Reset);
  }
  std::uint64_t failed() const {
    return of(Outcome::Refused) + of(Outcome::Unanswered) + of(Outcome::Unreachable) +
           of(Outcome::HalfOpen);
  }
  /// Established ÷ judged; nothing where there is nothing to judge.
  std::optional<double> success_rate() const {
    const std::uint64_t judged = established() + failed();
    if (judged == 0) return std::nullopt;
    return static_cast<double>(established()) / static_cast<double>(judged);
  }

 private:
  std::array<Count, kOutcomes> counts_{};
};

constexpr bool is_established(Outcome o) {
  return o == Outcome::Open || o == Outcome::Closed || o == Outcome::Reset;
}
constexpr bool is_failure(Outcome o) {
  return o == Outcome::Refused || o == Outcome::Unanswered || o == Outcome::Unreachable ||
         o == Outcome::HalfOpen;
}
constexpr bool is_attempt(Outcome o) {
  return o != Outcome::Midstream && o != Outcome::Backscatter;
}

using Outcomes = OutcomeTally<std::uint64_t>;
using SmallOutcomes = OutcomeTally<std::uint32_t>;  ///< a table entry's: 44 bytes

/// The first rows of a table, and how many there are in all. `of` is a lower bound where the table
/// is approximate.
template <typename Row>
struct Ranked {
  std::vector<Row> rows;
  std::uint64_t of = 0;
};

/// A responder's address and port. Midstream connections count, backscatter does not.
struct ServiceRow {
  Endpoint service;
  SmallOutcomes outcomes;
  std::uint64_t clients = 0;  ///< distinct originators
  std::uint64_t orig_bytes = 0;
  std::uint64_t resp_bytes = 0;
  RttQuantiles rtt;
};

/// An originator and a service.
struct EdgeRow {
  Address orig;
  Endpoint service;
  SmallOutcomes outcomes;
  std::uint64_t bytes = 0;  ///< both ways
  RttQuantiles rtt;
  Timestamp first{};
  Timestamp last{};
  std::uint8_t icmp_type = 0;  ///< what the last ICMP error said; with icmp_code
  std::uint8_t icmp_code = 0;
};

struct HostRow {
  Address address;
  std::uint64_t as_orig = 0;  ///< connections
  std::uint64_t as_resp = 0;
  std::uint64_t failed_as_orig = 0;
  std::uint64_t failed_as_resp = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t peers = 0;  ///< distinct addresses, whoever began
  Timestamp first{};
  Timestamp last{};
};

/// A country or a network, by the hosts in it that were seen; a connection counts at both its ends.
struct PlaceRow {
  std::string country;    ///< ISO 3166 alpha-2; empty for a network
  std::uint32_t asn = 0;  ///< 0 for a country
  std::string as_org;     ///< hostile text
  std::uint64_t hosts = 0;
  std::uint64_t as_orig = 0;  ///< connections
  std::uint64_t as_resp = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;

  std::uint64_t connections() const { return as_orig + as_resp; }
};

enum class ScanKind : std::uint8_t {
  Vertical,    ///< many ports of few hosts
  Horizontal,  ///< few ports of many hosts
  Block,       ///< many ports of many hosts
};

/// "vertical", "horizontal", "block".
std::string_view to_string(ScanKind kind);

/// An originator that tried many targets, mostly in vain.
struct ScannerRow {
  Address address;
  ScanKind kind = ScanKind::Vertical;
  std::uint64_t targets = 0;  ///< distinct (host, port)
  std::uint64_t ports = 0;    ///< distinct
  std::uint64_t hosts = 0;    ///< distinct
  std::uint64_t attempts = 0;
  std::uint64_t failed = 0;  ///< attempts that became no connection, those that it aborted included
  Timestamp since{};
  Timestamp until{};
};

/// A service to which very many originators sent SYNs that led nowhere.
struct FloodRow {
  Endpoint target;
  std::uint64_t attempts = 0;  ///< in the seconds that were busy enough to be called a flood
  std::uint64_t sources = 0;   ///< distinct originators
  std::uint64_t peak = 0;      ///< most attempts in one second
  Timestamp since{};
  Timestamp until{};

  /// Attempts per second; a flood of under a second counts as one of a second.
  double rate() const;
};

/// One connection among the longest or the largest.
struct ConnectionRow {
  FiveTuple tuple;
  Timestamp first{};
  Duration duration{};
  std::uint64_t orig_bytes = 0;
  std::uint64_t resp_bytes = 0;
  ConnState state = ConnState::OTH;
  Outcome outcome = Outcome::Midstream;
};

struct TimelineBucket {
  std::uint64_t started = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes = 0;  ///< of the connections that started here, whenever they moved
};

/// Bucket i covers [start + i × width, start + (i + 1) × width).
struct Timeline {
  Timestamp start{};
  Duration width{};
  std::vector<TimelineBucket> buckets;
};

struct Totals {
  std::array<std::uint64_t, kConnStates> by_state{};
  Outcomes by_outcome;
  std::uint64_t orig_bytes = 0;
  std::uint64_t resp_bytes = 0;
  std::uint64_t evicted = 0;
  std::uint64_t syn_retries = 0;
};

/// Which figures are no longer exact because there were more keys than the bound.
struct Approximations {
  bool services = false;  ///< rows have been dropped
  bool edges = false;
  bool hosts = false;
  bool distinct = false;     ///< clients, peers, targets, ports and sources are estimates
  bool percentiles = false;  ///< some samples are in no percentile

  bool any() const { return services || edges || hosts || distinct || percentiles; }
};

struct SummaryData {
  Totals totals;
  Ranked<ServiceRow> services;  ///< most attempts first
  Ranked<EdgeRow> edges;        ///< most attempts first; a flood's sources are not listed
  Ranked<HostRow> hosts;        ///< most connections first; a flood's sources are not listed
  Ranked<EdgeRow> failing;  ///< most failures first; what scanners and floods explain is not listed
  Ranked<ScannerRow> scanners;  ///< most targets first
  Ranked<FloodRow> floods;      ///< most attempts first
  Ranked<PlaceRow> countries;   ///< most connections first
  Ranked<PlaceRow> networks;    ///< most connections first
  Ranked<ConnectionRow> longest;
  Ranked<ConnectionRow> largest;
  Timeline timeline;
  Approximations approximate;
  std::size_t max_hosts = 0;  ///< the bound
};

}  // namespace synfin
