// See report_results.h.
#include "store/report_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "store/report_queries.h"
#include "store/result_rows.h"
#include "store/sensor_results.h"

namespace synfin {
namespace {

/// Runs the queries of a report one after the other, until one fails.
class ReportReader {
 public:
  ReportReader(StoreSession& session, const Scope& scope)
      : session_(session), scope_(scope), queries_(scope, scope.has_whole_days(), kMaxReportRows) {}

  Result<StoreReport> run() {
    totals();
    if (report_.capture.log->records != 0) {
      scanners();
      services();
      floods();
      edges();
      hosts();
      endings();
      failures();
      timeline();
      geo();
      hosts_about();
      sensors();
    }
    if (!failure_.message.empty()) return failure_;
    return std::move(report_);
  }

 private:
  template <typename Take>
  void query(const Sql& statement, const Take& take) {
    if (!failure_.message.empty()) return;
    auto rows = session_.query(statement);
    if (!rows) {
      failure_ = rows.error();
      return;
    }
    for (ResultRow& row : *rows) take(row);
  }

  template <typename Row, typename Make>
  void query_ranked(const Sql& statement, Ranked<Row>& ranked, const Make& make) {
    query(statement, [&](ResultRow& row) { ranked.rows.push_back(make(row)); });
    ranked.of = std::max<std::uint64_t>(ranked.of, ranked.rows.size());
  }

  void totals() {
    CaptureInfo& capture = report_.capture;
    capture.sources = {
        fmt::format("{}/{}", session_.url().hosts[0].text(), session_.url().database)};
    capture.log.emplace();
    Totals& t = d_.totals;
    Outcomes::Counts outcomes{};
    query(queries_.totals(), [&](ResultRow& row) {
      const auto state = enum_of<ConnState>(row.signed_number(), kConnStates);
      const auto outcome = enum_of<Outcome>(row.signed_number(), kOutcomes);
      const auto cause = enum_of<Cause>(row.signed_number(), kCauses);
      const std::uint64_t n = row.number();
      t.by_state[static_cast<std::size_t>(state)] += n;
      outcomes[static_cast<std::size_t>(outcome)] += n;
      t.by_cause[static_cast<std::size_t>(cause)] += n;
      t.orig_bytes += row.number();
      t.resp_bytes += row.number();
      t.evicted += row.number();
      t.syn_retries += row.number();
      t.first = std::min(t.first, row.time());
      t.last = std::max(t.last, row.time());
      capture.log->records += n;
    });
    t.by_outcome = Outcomes::of(outcomes);
    capture.first_packet = t.first;
    capture.last_packet = t.last;
  }

  void scanners() {
    query_ranked(queries_.scanners(), d_.scanners, scanner_of);
    for (const ScannerRow& s : d_.scanners.rows) scanners_.push_back(s.address);
  }

  void services() {
    query(queries_.counts(), [&](ResultRow& row) {
      d_.services.of = row.number();
      d_.edges.of = row.number();
      d_.failing.of = row.number();
      d_.hosts.of = row.number();
    });
    query_ranked(queries_.services(), d_.services, [](ResultRow& row) {
      ServiceRow s;
      s.service = service_of(row);
      s.outcomes = tally_of<SmallOutcomes>(row);
      s.clients = row.number();
      s.orig_bytes = row.number();
      s.resp_bytes = row.number();
      s.rtt = quantiles_of(row);
      return s;
    });
  }

  /// True if few of very many attempts led to connections.
  static bool may_be_flooded(const ServiceRow& s) {
    const std::uint64_t unfinished = s.outcomes.of(Outcome::Unanswered) +
                                     s.outcomes.of(Outcome::HalfOpen) +
                                     s.outcomes.of(Outcome::Pending);
    return s.clients >= 500 && unfinished >= 1000 && unfinished * 100 >= s.outcomes.attempts() * 80;
  }

  void floods() {
    std::vector<Endpoint> candidates;
    for (const ServiceRow& s : d_.services.rows)
      if (may_be_flooded(s)) candidates.push_back(s.service);
    if (!candidates.empty()) {
      query_ranked(queries_.floods(candidates), d_.floods, [&](ResultRow& row) {
        FloodRow f;
        f.target = service_of(row);
        f.attempts = row.number();
        f.peak = row.number();
        f.since = row.time();
        f.until = row.time();
        for (const ServiceRow& s : d_.services.rows)
          if (s.service == f.target) f.sources = std::min(s.clients, s.outcomes.attempts());
        flooded_.push_back(f.target);
        return f;
      });
    }
    // counts() includes what these tables leave out, so the number of their rows is used instead.
    if (!flooded_.empty()) d_.hosts.of = 0;
    if (!flooded_.empty() || !scanners_.empty()) d_.failing.of = 0;
  }

  void edges() {
    query_ranked(queries_.edges(flooded_), d_.edges, edge_of);
    query_ranked(queries_.failing(scanners_, flooded_), d_.failing, edge_of);
    using Key = std::tuple<Address, Address, std::uint16_t>;
    std::map<Key, std::pair<std::uint8_t, std::uint8_t>> errors;
    query(queries_.icmp(), [&](ResultRow& row) {
      const Address orig = row.address();
      const Endpoint service = service_of(row);
      errors[{orig, service.address, service.port}] = icmp_error_of(row);
    });
    for (auto* table : {&d_.edges, &d_.failing}) {
      for (EdgeRow& edge : table->rows) {
        const auto found = errors.find({edge.orig, edge.service.address, edge.service.port});
        if (found != errors.end()) std::tie(edge.icmp_type, edge.icmp_code) = found->second;
      }
    }
  }

  void hosts() {
    query_ranked(queries_.hosts(!flooded_.empty()), d_.hosts, [](ResultRow& row) {
      HostRow h;
      h.address = row.address();
      h.as_orig = row.number();
      h.as_resp = row.number();
      h.failed_as_orig = row.number();
      h.failed_as_resp = row.number();
      h.bytes_sent = row.number();
      h.bytes_received = row.number();
      h.peers = row.number();
      h.first = row.time();
      h.last = row.time();
      return h;
    });
  }

  void endings() {
    query(queries_.closers(), [&](ResultRow& row) {
      CloserRow c;
      c.service = service_of(row);
      for (auto* ends : {&c.fin, &c.rst}) *ends = {row.number(), row.number()};
      c.open = row.number();
      d_.hangups.closers.push_back(c);
    });
    query(queries_.lasting(), [&](ResultRow& row) {
      d_.longest.of = row.number();
      d_.largest.of = row.number();
    });
    query_ranked(queries_.longest(), d_.longest, connection_of);
    query_ranked(queries_.largest(), d_.largest, connection_of);
  }

  /// FailureRow::of is the number of all attempts on the service: those of the client, or of all
  /// clients if there are several.
  void failures() {
    query_ranked(queries_.failures(scanners_, flooded_), d_.failures, failure_of);
    for (FailureRow& f : d_.failures.rows) {
      std::uint64_t all = 0;
      if (f.clients > 1) {
        for (const ServiceRow& s : d_.services.rows)
          if (s.service == f.service) all = s.outcomes.attempts();
      } else {
        for (const EdgeRow& e : d_.edges.rows)
          if (e.orig == f.orig && e.service == f.service) all = e.outcomes.attempts();
      }
      f.of = std::max(all, f.attempts);
    }
  }

  void timeline() {
    Timestamp first{}, last{};
    query(queries_.begins(), [&](ResultRow& row) {
      first = row.time();
      last = row.time();
    });
    if (failure_.message.empty() && first > last)
      failure_ =
          Error{"the server's answer makes no sense: the last connection precedes the first"};
    if (!failure_.message.empty()) return;
    Timeline& t = d_.timeline;
    t.width = timeline_width(first, last);
    const std::int64_t begin = to_ns(first) / t.width.count();
    t.start = timestamp_from_ns(begin * t.width.count());
    t.buckets.resize(static_cast<std::size_t>(to_ns(last) / t.width.count() - begin + 1));
    query(queries_.timeline(t.width), [&](ResultRow& row) {
      const std::uint64_t at = row.number() - static_cast<std::uint64_t>(begin);
      if (at >= t.buckets.size()) return;
      t.buckets[at].started = row.number();
      t.buckets[at].failed = row.number();
      t.buckets[at].bytes = row.number();
    });
  }

  void geo() {
    bool any_country = false, any_network = false;
    query(queries_.places(), [&](ResultRow& row) {
      any_country = row.number() != 0;
      any_network = row.number() != 0;
    });
    if (any_country)
      query_ranked(queries_.countries(), d_.countries,
                   [](ResultRow& row) { return geo_of(row, false); });
    if (any_network)
      query_ranked(queries_.networks(), d_.networks,
                   [](ResultRow& row) { return geo_of(row, true); });
    for (auto* table : {&d_.countries, &d_.networks}) {
      std::erase_if(table->rows, [](const GeoRow& g) { return g.country.empty() && g.asn == 0; });
      table->of = table->rows.size();
    }
  }

  void hosts_about() {
    query(queries_.hosts_about(), [&](ResultRow& row) {
      const Address address = row.address();
      LoggedAddress about;
      about.name = row.text();
      about.country = row.text();
      about.asn = static_cast<std::uint32_t>(row.number());
      about.as_org = row.text();
      report_.about.emplace_back(address, std::move(about));
    });
  }

  void sensors() {
    query(sensors_query(scope_),
          [&](ResultRow& row) { report_.sensors.push_back(sensor_of(row)); });
  }

  StoreSession& session_;
  const Scope& scope_;
  ReportQueries queries_;
  StoreReport report_;
  SummaryData& d_ = report_.data;
  std::vector<Address> scanners_;
  std::vector<Endpoint> flooded_;
  Error failure_;
};

}  // namespace

Result<StoreReport> query_report(StoreSession& session, const Scope& scope) {
  Scope narrowed = scope;
  if (const Status found = find_services(session, narrowed); !found) return found.error();
  return ReportReader(session, narrowed).run();
}

}  // namespace synfin
