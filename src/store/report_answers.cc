// See report_answers.h.
#include "store/report_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "store/answer_rows.h"
#include "store/report_queries.h"

namespace synfin {
namespace {

/// Asks one question after another, until one fails.
class Interview {
 public:
  Interview(Asker& asker, const Scope& scope)
      : asker_(asker), scope_(scope), queries_(scope, scope.has_whole_days(), kMaxReportRows) {}

  Result<ReportAnswers> run() {
    totals();
    if (answers_.capture.log->records != 0) {
      scanners();
      floods();
      services();
      edges();
      hosts();
      endings();
      failures();
      timeline();
      geo();
    }
    if (!failure_.message.empty()) return failure_;
    return std::move(answers_);
  }

 private:
  template <typename Take>
  void ask(const Sql& statement, const Take& take) {
    if (!failure_.message.empty()) return;
    auto rows = asker_.ask(statement);
    if (!rows) {
      failure_ = rows.error();
      return;
    }
    for (AnswerRow& row : *rows) take(row);
  }

  template <typename Row, typename Make>
  void ask_ranked(const Sql& statement, Ranked<Row>& ranked, const Make& make) {
    ask(statement, [&](AnswerRow& row) { ranked.rows.push_back(make(row)); });
    ranked.of = std::max<std::uint64_t>(ranked.of, ranked.rows.size());
  }

  void totals() {
    CaptureInfo& capture = answers_.capture;
    capture.sources = {fmt::format("{}/{}", asker_.url().hosts[0].text(), asker_.url().database)};
    capture.log.emplace();
    Totals& t = d_.totals;
    Outcomes::Counts outcomes{};
    ask(queries_.totals(), [&](AnswerRow& row) {
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
    bool probes = false;
    if (scope_.has_whole_days())
      ask(queries_.probes(), [&](AnswerRow& row) { probes = row.number() != 0; });
    const ReportQueries queries(scope_, scope_.has_whole_days() && !probes, kMaxReportRows);
    ask_ranked(queries.scanners(), d_.scanners, scanner_of);
    for (const ScannerRow& s : d_.scanners.rows) scanners_.push_back(s.address);
  }

  /// A flood has many sources, and few of its attempts led to connections.
  void floods() {
    std::vector<FloodRow> candidates;
    ask(queries_.floods(), [&](AnswerRow& row) {
      FloodRow f;
      f.target = service_of(row);
      f.attempts = row.number();
      f.peak = row.number();
      f.since = row.time();
      f.until = row.time();
      candidates.push_back(f);
    });
    flood_candidates_ = std::move(candidates);
  }

  void services() {
    ask(queries_.counts(), [&](AnswerRow& row) {
      d_.services.of = row.number();
      d_.edges.of = row.number();
      const std::uint64_t failing = row.number();
      if (scanners_.empty() && flood_candidates_.empty()) d_.failing.of = failing;
      d_.hosts.of = row.number();
    });
    ask_ranked(queries_.services(), d_.services, [](AnswerRow& row) {
      ServiceRow s;
      s.service = service_of(row);
      s.outcomes = tally_of<SmallOutcomes>(row);
      s.clients = row.number();
      s.orig_bytes = row.number();
      s.resp_bytes = row.number();
      s.rtt = quantiles_of(row);
      return s;
    });
    for (FloodRow& f : flood_candidates_) keep_flood(f);
    d_.floods.of = d_.floods.rows.size();
    if (!flooded_.empty()) d_.hosts.of = 0;  // the number of those that are shown
  }

  void keep_flood(FloodRow& f) {
    for (const ServiceRow& s : d_.services.rows) {
      if (s.service != f.target) continue;
      const std::uint64_t unfinished = s.outcomes.of(Outcome::Unanswered) +
                                       s.outcomes.of(Outcome::HalfOpen) +
                                       s.outcomes.of(Outcome::Pending);
      if (s.clients < 500 || unfinished * 100 < s.outcomes.attempts() * 80) continue;
      f.sources = std::min(s.clients, s.outcomes.attempts());
      d_.floods.rows.push_back(f);
      flooded_.push_back(f.target);
    }
  }

  void edges() {
    ask_ranked(queries_.edges(flooded_), d_.edges, edge_of);
    ask_ranked(queries_.failing(scanners_, flooded_), d_.failing, edge_of);
    using Key = std::tuple<Address, Address, std::uint16_t>;
    std::map<Key, std::pair<std::uint8_t, std::uint8_t>> errors;
    ask(queries_.icmp(), [&](AnswerRow& row) {
      const Address orig = row.address();
      const Endpoint service = service_of(row);
      auto& error = errors[{orig, service.address, service.port}];
      error.first = static_cast<std::uint8_t>(row.number());
      error.second = static_cast<std::uint8_t>(row.number());
    });
    for (auto* table : {&d_.edges, &d_.failing}) {
      for (EdgeRow& edge : table->rows) {
        const auto found = errors.find({edge.orig, edge.service.address, edge.service.port});
        if (found != errors.end()) std::tie(edge.icmp_type, edge.icmp_code) = found->second;
      }
    }
  }

  void hosts() {
    ask_ranked(queries_.hosts(!flooded_.empty()), d_.hosts, [](AnswerRow& row) {
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
    ask(queries_.closers(), [&](AnswerRow& row) {
      CloserRow c;
      c.service = service_of(row);
      for (auto* ends : {&c.fin, &c.rst}) *ends = {row.number(), row.number()};
      c.open = row.number();
      d_.hangups.closers.push_back(c);
    });
    ask(queries_.lasting(), [&](AnswerRow& row) {
      d_.longest.of = row.number();
      d_.largest.of = row.number();
    });
    ask_ranked(queries_.longest(), d_.longest, connection_of);
    ask_ranked(queries_.largest(), d_.largest, connection_of);
  }

  /// `of` is the number of all attempts of the originator, or of all, on the service.
  void failures() {
    ask_ranked(queries_.failures(scanners_, flooded_), d_.failures, failure_of);
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

  /// Buckets of a minute or more begin and end at minutes.
  void timeline() {
    constexpr Duration kMinute = std::chrono::minutes{1};
    Timestamp first{}, last{};
    const auto take = [&](AnswerRow& row) {
      first = row.time();
      last = row.time();
    };
    const bool by_minutes = scope_.has_whole_days() && scope_.nets.empty();
    if (by_minutes) ask(queries_.begin_minutes(), take);
    if (!by_minutes || timeline_width(first, last) < kMinute) ask(queries_.begins(), take);
    Timeline& t = d_.timeline;
    t.width = timeline_width(first, last);
    const std::int64_t begin = to_ns(first) / t.width.count();
    t.start = timestamp_from_ns(begin * t.width.count());
    t.buckets.resize(static_cast<std::size_t>(to_ns(last) / t.width.count() - begin + 1));
    ask(queries_.timeline(t.width), [&](AnswerRow& row) {
      const auto at = static_cast<std::size_t>(row.signed_number() - begin);
      if (at >= t.buckets.size()) return;
      t.buckets[at].started = row.number();
      t.buckets[at].failed = row.number();
      t.buckets[at].bytes = row.number();
    });
  }

  void geo() {
    bool any_country = false, any_network = false;
    ask(queries_.places(), [&](AnswerRow& row) {
      any_country = row.number() != 0;
      any_network = row.number() != 0;
    });
    if (any_country)
      ask_ranked(queries_.countries(), d_.countries,
                 [](AnswerRow& row) { return geo_of(row, false); });
    if (any_network)
      ask_ranked(queries_.networks(), d_.networks,
                 [](AnswerRow& row) { return geo_of(row, true); });
    for (auto* table : {&d_.countries, &d_.networks}) {
      std::erase_if(table->rows, [](const GeoRow& g) { return g.country.empty() && g.asn == 0; });
      table->of = table->rows.size();
    }
  }

  Asker& asker_;
  const Scope& scope_;
  ReportQueries queries_;
  ReportAnswers answers_;
  SummaryData& d_ = answers_.data;
  std::vector<FloodRow> flood_candidates_;
  std::vector<Address> scanners_;
  std::vector<Endpoint> flooded_;
  Error failure_;
};

template <typename Row>
void cut(std::vector<Row>& rows, std::size_t most) {
  if (rows.size() > most) rows.resize(most);
}

}  // namespace

Result<ReportAnswers> ask_for_report(Asker& asker, const Scope& scope) {
  return Interview(asker, scope).run();
}

SummaryData first_rows(const SummaryData& data, std::size_t rows) {
  SummaryData d = data;
  if (rows == 0) return d;
  cut(d.services.rows, rows);
  cut(d.edges.rows, rows);
  cut(d.hosts.rows, rows);
  cut(d.failing.rows, rows);
  cut(d.failures.rows, rows);
  cut(d.hangups.closers, rows);
  cut(d.scanners.rows, rows);
  cut(d.floods.rows, rows);
  cut(d.countries.rows, rows);
  cut(d.networks.rows, rows);
  cut(d.longest.rows, rows);
  cut(d.largest.rows, rows);
  return d;
}

}  // namespace synfin
