/// \file
/// SummaryData: the figures of a report as sorted tables. Summary::data() makes it; the renderers
/// read it.
///
/// An attempt is every connection except `midstream` (its SYN was not captured) and `backscatter`
/// (it has no SYN). An attempt is established (open, closed, reset) or failed (refused, unanswered,
/// unreachable, half_open), or neither: `aborted` (by the originator) or `pending` (too recent). A
/// success rate is established ÷ (attempts without those that are pending).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "synfin/report/diagnosis.h"
#include "synfin/stats/rtt_histogram.h"
#include "synfin/track/connection.h"

namespace synfin {

/// The number of connections with each outcome. `Count` is 32 bits wide in tables, 64 in totals.
template <typename Count>
class OutcomeTally {
 public:
  using Counts = std::array<Count, kOutcomes>;
  static OutcomeTally of(const Counts& counts) {
    OutcomeTally tally;
    tally.counts_ = counts;
    return tally;
  }

  /// Saturates at the largest Count.
  void add(Outcome outcome) {
    Count& count = counts_[static_cast<std::size_t>(outcome)];
    count = static_cast<Count>(count + (count != static_cast<Count>(-1)));
  }

  /// Reverts one add().
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
  /// Attempts that are not pending.
  std::uint64_t decided() const { return attempts() - of(Outcome::Pending); }
  /// Established ÷ decided; empty if no attempt is decided.
  std::optional<double> success_rate() const {
    if (decided() == 0) return std::nullopt;
    return static_cast<double>(established()) / static_cast<double>(decided());
  }

 private:
  Counts counts_{};
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
using SmallOutcomes = OutcomeTally<std::uint32_t>;  ///< for table entries: 44 bytes

/// The first rows of a table and the number of all rows, `of`, which is a lower bound if the table
/// is approximate.
template <typename Row>
struct Ranked {
  std::vector<Row> rows;
  std::uint64_t of = 0;
};

/// A responder's address and port. Includes midstream connections, but no backscatter.
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
  std::uint64_t bytes = 0;  ///< of both directions
  RttQuantiles rtt;
  Timestamp first{};
  Timestamp last{};
  std::uint8_t icmp_type = 0;  ///< of the last ICMP error, like icmp_code
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
  std::uint64_t peers = 0;  ///< distinct addresses, in either role
  Timestamp first{};
  Timestamp last{};
};

/// The sums over the hosts of a country or a network. A connection counts at both its ends.
struct GeoRow {
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

/// "syn", "fin, xmas": the techniques of a set of Probe bits.
std::string probe_names(std::uint8_t probes);

/// An originator that tried many targets, mostly without success.
struct ScannerRow {
  Address address;
  ScanKind kind = ScanKind::Vertical;
  std::uint8_t probes = 0;    ///< a bit for each Probe of its attempts; Probe::None is a SYN
  std::uint64_t targets = 0;  ///< distinct (host, port)
  std::uint64_t ports = 0;    ///< distinct
  std::uint64_t hosts = 0;    ///< distinct
  std::uint64_t attempts = 0;
  std::uint64_t failed = 0;  ///< attempts that failed or that it aborted
  Timestamp since{};
  Timestamp until{};
};

/// A service to which very many originators sent SYNs that did not lead to connections.
struct FloodRow {
  Endpoint target;
  std::uint64_t attempts = 0;  ///< in seconds with at least FloodMeter::kBusy attempts
  std::uint64_t sources = 0;   ///< distinct originators
  std::uint64_t peak = 0;      ///< most attempts in one second
  Timestamp since{};
  Timestamp until{};

  /// Attempts per second. A flood shorter than a second is taken to last one second.
  double rate() const;
};

/// One of the longest or the largest connections.
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
  std::uint64_t bytes = 0;  ///< all bytes of the connections that started in the bucket
};

/// Bucket i covers [start + i × width, start + (i + 1) × width).
struct Timeline {
  Timestamp start{};
  Duration width{};
  std::vector<TimelineBucket> buckets;
};

/// The width of the buckets of a timeline from `first` to `last`. Buckets begin at its multiples
/// since the epoch.
Duration timeline_width(Timestamp first, Timestamp last);

struct Totals {
  std::array<std::uint64_t, kConnStates> by_state{};
  Outcomes by_outcome;
  CauseTotals by_cause{};
  std::uint64_t orig_bytes = 0;
  std::uint64_t resp_bytes = 0;
  std::uint64_t evicted = 0;
  std::uint64_t syn_retries = 0;
  Timestamp first = Timestamp::max();  ///< earliest packet of any connection
  Timestamp last = Timestamp::min();   ///< latest packet of any connection
};

/// The figures that are approximate because there were more keys than the bound.
struct Approximations {
  bool services = false;  ///< rows were dropped; likewise for edges and hosts
  bool edges = false;
  bool hosts = false;
  bool distinct = false;     ///< clients, peers, targets, ports and sources are estimates
  bool percentiles = false;  ///< some samples were not counted

  bool any() const { return services || edges || hosts || distinct || percentiles; }
};

struct SummaryData {
  Totals totals;
  Ranked<ServiceRow> services;  ///< most attempts first
  Ranked<EdgeRow> edges;        ///< most attempts first, without sources of floods
  Ranked<HostRow> hosts;        ///< most connections first, without sources of floods
  Ranked<EdgeRow> failing;      ///< most failures first, without those of scanners and floods
  Ranked<FailureRow> failures;  ///< the same by cause, most attempts first
  Hangups hangups;
  Handshakes handshakes;
  Ranked<ScannerRow> scanners;  ///< most targets first
  Ranked<FloodRow> floods;      ///< most attempts first
  Ranked<GeoRow> countries;     ///< most connections first
  Ranked<GeoRow> networks;      ///< most connections first
  Ranked<ConnectionRow> longest;
  Ranked<ConnectionRow> largest;
  Timeline timeline;
  Approximations approximate;
  std::size_t max_hosts = 0;  ///< the bound
};

/// The same with at most `rows` rows in each table (0 = all).
SummaryData first_rows(const SummaryData& data, std::size_t rows);

}  // namespace synfin
