// See report_queries.h. An outcome is a number of the enumeration Outcome. "tN" is the number of
// connections with outcome N; "wN" and "vN" name other expressions. No table has such columns.
#include "store/report_queries.h"

#include <string>

#include "store/handshake_steps.h"
#include "synfin/report/summary_data.h"
#include "synfin/track/connection.h"

namespace synfin {
namespace {

constexpr int kMidstream = static_cast<int>(Outcome::Midstream);
constexpr int kBackscatter = static_cast<int>(Outcome::Backscatter);
constexpr int kMaxKeys = 20'000;  ///< rows of a result in which other rows look up their key
constexpr std::uint64_t kManyClients = 3, kMinUnexplainedFailures = 3;

/// Sums of t0, t1, … over the outcomes that `counts` selects.
template <typename Counts>
Sql sum_of(Counts counts) {
  std::string text;
  for (int i = 0; i < kOutcomes; ++i) {
    if (counts(static_cast<Outcome>(i))) text += (text.empty() ? "t" : " + t") + std::to_string(i);
  }
  return Sql::trusted("(" + text + ")");
}

Sql attempts() { return sum_of(is_attempt); }
Sql established() { return sum_of(is_established); }
Sql failed() { return sum_of(is_failure); }

/// A list of the outcomes that `counts` selects.
template <typename Counts>
Sql list_of(Counts counts) {
  std::vector<int> numbers;
  for (int i = 0; i < kOutcomes; ++i)
    if (counts(static_cast<Outcome>(i))) numbers.push_back(i);
  return Sql::trusted(fmt::format("({})", fmt::join(numbers, ", ")));
}

Sql failures_list() { return list_of(is_failure); }

Sql addresses(std::span<const Address> all) {
  std::string text;
  for (const Address& address : all)
    text += (text.empty() ? "" : ", ") + std::string(quoted(address).view());
  return Sql::trusted("(" + text + ")");
}

/// (resp_h, resp_p) is one of these. REQUIRES: not empty.
Sql is_service(std::span<const Endpoint> all) {
  Sql any = sql("0");
  for (const Endpoint& one : all)
    any = sql("{} OR resp_h = {} AND resp_p = {}", any, quoted(one.address), one.port);
  return sql("({})", any);
}

}  // namespace

Sql ReportQueries::from() const {
  return days_ ? sql("FROM days WHERE {}", scope_.where(true)) : from_connections();
}
Sql ReportQueries::from_connections() const {
  return sql("FROM connections WHERE {}", scope_.where(false));
}
Sql ReportQueries::weight() const { return days_ ? sql("connections") : sql("toUInt64(1)"); }
Sql ReportQueries::outcome() const {
  return days_ ? sql("toInt8(outcome)")
               : sql("if(direction_basis = 'socket', toInt8({}), toInt8(outcome))", kMidstream);
}
Sql ReportQueries::first() const { return days_ ? sql("minMerge(first)") : sql("min(ts)"); }
Sql ReportQueries::last() const {
  return days_ ? sql("maxMerge(last)") : sql("max(ts + greatest(duration, 0))");
}
Sql ReportQueries::quantiles() const {
  return days_ ? sql("quantilesTimingMerge(0.5, 0.99)(handshake_steps), sum(rtt_samples)")
               : sql("quantilesTimingIf(0.5, 0.99)({}, synack_rtt >= 0), countIf(synack_rtt >= 0)",
                     handshake_step_sql());
}

Sql ReportQueries::last_begin() const {
  return days_ ? sql("maxMerge(last_begin)") : sql("max(ts)");
}
Sql ReportQueries::confidence() const {
  return days_ ? sql("maxMerge(confidence)") : sql("max(toInt8(cause_confidence))");
}
Sql ReportQueries::evidence() const {
  return days_ ? sql("argMaxMerge(evidence)") : sql("argMax(cause_evidence, ts)");
}
Sql ReportQueries::icmp_error() const {
  return days_ ? sql("argMaxMerge(icmp_error)")
               : sql("argMax(toUInt16(icmp_type * 256 + icmp_code), ts)");
}
/// The number of connections that `by` ("orig" or "resp") closed with `with` ("fin" or "rst").
Sql ReportQueries::ended(const Sql& by, const Sql& with) const {
  if (days_) return sql("sum({}_{})", by, with);
  return sql("countIf(closed_by = '{}' AND rst_basis {} 'none')", by,
             with.view() == "fin" ? sql("=") : sql("!="));
}
/// The greatest value of an annotation, so that an empty one is returned only if all are empty.
Sql ReportQueries::annotation(const Sql& column) const {
  return days_ ? sql("maxMerge({})", column) : sql("max(toString({}))", column);
}

Sql ReportQueries::tallies() const {
  std::string text;
  const Sql by = outcome(), n = weight();
  for (int i = 0; i < kOutcomes; ++i)
    text += std::string(
        sql("{}sumIf({}, {} = {}) AS t{}", Sql::trusted(i == 0 ? "" : ", "), n, by, i, i).view());
  return Sql::trusted(std::move(text));
}

Sql ReportQueries::totals() const {
  return sql(
      "SELECT toInt8(conn_state) AS w1, {} AS w2, toInt8(cause) AS w3, sum({}), "
      "sum(orig_bytes), sum(resp_bytes), sum(toUInt64(evicted)), "
      "sum(toUInt64(syn_retries)), {}, {} {} GROUP BY w1, w2, w3 FORMAT TabSeparated",
      outcome(), weight(), first(), last(), from());
}

Sql ReportQueries::counts() const {
  return sql(
      "SELECT uniqExactIf((resp_h, resp_p), {0} != {1}), "
      "uniqExactIf((orig_h, resp_h, resp_p), {0} != {1}), "
      "uniqExactIf((orig_h, resp_h, resp_p), {0} IN {2}), "
      "uniqExactArray([orig_h, resp_h]) {3} FORMAT TabSeparated",
      outcome(), kBackscatter, failures_list(), from());
}

Sql ReportQueries::services() const {
  return sql(
      "SELECT hex(resp_h), resp_p, {}, uniqExactIf(orig_h, {} != {}), "
      "sum(orig_bytes) AS w1, sum(resp_bytes) AS w2, {} {} GROUP BY resp_h, resp_p "
      "HAVING {} + t{} > 0 ORDER BY {} DESC, w1 + w2 DESC, resp_h, resp_p LIMIT {} "
      "FORMAT TabSeparated",
      tallies(), outcome(), kBackscatter, quantiles(), from(), attempts(), kMidstream, attempts(),
      top_);
}

Sql ReportQueries::edge_query(const Sql& having, const Sql& order) const {
  return sql(
      "SELECT hex(orig_h), hex(resp_h), resp_p, {}, sum(orig_bytes + resp_bytes) AS w1, {}, "
      "{}, {} {} AND {} != {} GROUP BY orig_h, resp_h, resp_p HAVING {} "
      "ORDER BY {} DESC, w1 DESC, orig_h, resp_h, resp_p LIMIT {} FORMAT TabSeparated",
      tallies(), quantiles(), first(), last(), from(), outcome(), kBackscatter, having, order,
      top_);
}

namespace {

/// A condition that is false for the edges of a flood.
Sql beside_floods(std::span<const Endpoint> flooded) {
  if (flooded.empty()) return sql("1");
  return sql("NOT ({} = 0 AND w1 = 0 AND {})", established(), is_service(flooded));
}

}  // namespace

Sql ReportQueries::edges(std::span<const Endpoint> flooded) const {
  return edge_query(beside_floods(flooded), attempts());
}

Sql ReportQueries::failing(std::span<const Address> scanners,
                           std::span<const Endpoint> flooded) const {
  Sql having = sql("{} > 0 AND {}", failed(), beside_floods(flooded));
  if (!scanners.empty())
    having = sql("{} AND NOT ({} < {} AND orig_h IN {})", having, failed(), kMinUnexplainedFailures,
                 addresses(scanners));
  return edge_query(having, failed());
}

Sql ReportQueries::tried() const {
  return sql("(toInt8(probe) != 0 OR {} IN {})", outcome(),
             list_of([](Outcome o) { return is_attempt(o) && o != Outcome::Pending; }));
}
Sql ReportQueries::in_vain() const {
  return sql("(toInt8(probe) != 0 OR {} IN {})", outcome(),
             list_of([](Outcome o) { return is_failure(o) || o == Outcome::Aborted; }));
}

Sql ReportQueries::hosts(bool flooded) const {
  const Sql having =
      flooded ? sql("NOT (v2 = 0 AND v5 = 0 AND v6 = 0 AND sum(w10) <= 1 AND sum(w11) = sum(w12))")
              : sql("1");
  const Sql tries =
      flooded ? sql("uniqExactIf((resp_h, resp_p), {0} != {1}) AS w10, sumIf({2}, {3}) AS w11, "
                    "sumIf({2}, {4}) AS w12",
                    outcome(), kBackscatter, weight(), tried(), in_vain())
              : sql("toUInt64(0) AS w10, toUInt64(0) AS w11, toUInt64(0) AS w12");
  return sql(
      "SELECT hex(h), sum(w1) AS v1, sum(w2) AS v2, sum(w3), sum(w4), sum(w5) AS v5, sum(w6) AS "
      "v6, uniqExactMerge(w7), min(w8), max(w9) FROM ("
      "SELECT orig_h AS h, sum({0}) AS w1, toUInt64(0) AS w2, sumIf({0}, {1} IN {2}) AS w3, "
      "toUInt64(0) AS w4, sum(orig_bytes) AS w5, sum(resp_bytes) AS w6, "
      "uniqExactStateIf(resp_h, {1} != {3}) AS w7, {4} AS w8, {5} AS w9, {9} {6} GROUP BY orig_h "
      "UNION ALL "
      "SELECT resp_h AS h, toUInt64(0) AS w1, sum({0}) AS w2, toUInt64(0) AS w3, "
      "sumIf({0}, {1} IN {2} AND orig_h != resp_h) AS w4, sum(resp_bytes) AS w5, sum(orig_bytes) "
      "AS w6, "
      "uniqExactStateIf(orig_h, {1} != {3}) AS w7, {4} AS w8, {5} AS w9, toUInt64(0) AS w10, "
      "toUInt64(0) AS w11, toUInt64(0) AS w12 {6} GROUP BY resp_h) "
      "GROUP BY h HAVING {8} ORDER BY v1 + v2 DESC, v5 + v6 DESC, h LIMIT {7} FORMAT TabSeparated",
      weight(), outcome(), failures_list(), kBackscatter, first(), last(), from(), top_, having,
      tries);
}

Sql ReportQueries::scanners() const {
  const Sql bit = sql("bitShiftLeft(toUInt8(1), toUInt8(toInt8(probe)))");
  return sql(
      "SELECT hex(orig_h), uniqExactIf((resp_h, resp_p), {0} != {1}) AS w1, "
      "uniqExactIf(resp_p, {0} != {1}), uniqExactIf(resp_h, {0} != {1}), "
      "sumIf({2}, {3}) AS w2, sumIf({2}, {4}) AS w3, groupBitOr(if({4}, {5}, toUInt8(0))), "
      "{6}, {7}, sum(orig_bytes + resp_bytes) AS w4 {8} GROUP BY orig_h "
      "HAVING w1 >= 15 AND w2 >= 15 AND w3 * 100 >= w2 * 80 "
      "ORDER BY w1 DESC, w4 DESC, orig_h LIMIT {9} FORMAT TabSeparated",
      outcome(), kBackscatter, weight(), tried(), in_vain(), bit, first(), last(), from(), top_);
}

Sql ReportQueries::floods(std::span<const Endpoint> candidates) const {
  return sql(
      "SELECT hex(resp_h), resp_p, sum(w2) AS v1, max(w2), min(w3), max(w4) FROM ("
      "SELECT resp_h, resp_p, intDiv(ts, 1000000000) AS w1, count() AS w2, min(ts) AS w3, "
      "max(ts) AS w4 {} AND outcome IN ('unanswered', 'half_open', 'pending') AND {} "
      "GROUP BY resp_h, resp_p, w1 HAVING w2 >= 100) GROUP BY resp_h, resp_p "
      "HAVING v1 >= 1000 ORDER BY v1 DESC, resp_h, resp_p LIMIT {} FORMAT TabSeparated",
      from_connections(), is_service(candidates), top_);
}

Sql ReportQueries::icmp() const {
  return sql(
      "SELECT hex(orig_h), hex(resp_h), resp_p, {0} AS w1 {1} AND {2} = {3} "
      "GROUP BY orig_h, resp_h, resp_p ORDER BY sum({4}) DESC LIMIT {5} FORMAT TabSeparated",
      icmp_error(), from(), outcome(), static_cast<int>(Outcome::Unreachable), weight(), kMaxKeys);
}

Sql ReportQueries::failures(std::span<const Address> scanners,
                            std::span<const Endpoint> flooded) const {
  Sql kept = sql("cause != 'none'");
  if (!flooded.empty())
    kept = sql("{} AND NOT (cause IN ('filtered', 'host_away', 'handshake_incomplete') AND {})",
               kept, is_service(flooded));
  const Sql having = scanners.empty() ? sql("1")
                                      : sql("NOT (v2 < {} AND orig_h IN {})",
                                            kMinUnexplainedFailures, addresses(scanners));
  const Sql inner = sql(
      "SELECT orig_h, resp_h, resp_p, cause, {} AS v1, sum({}) AS v2, {} AS v3, {} AS v4, {} AS "
      "v5, {} AS v6 {} AND {} GROUP BY orig_h, resp_h, resp_p, cause HAVING {}",
      confidence(), weight(), first(), last_begin(), evidence(), icmp_error(), from(), kept,
      having);
  // ARRAY JOIN makes a row of each element: each of few clients is one, and many clients together
  // are one.
  return sql(
      "SELECT hex(resp_h), resp_p, toInt8(cause), c, hex(o.1), o.2 AS w1, o.3 AS attempts, "
      "o.4, o.5, o.6, o.7 FROM (SELECT resp_h, resp_p, cause, count() AS n, "
      "if(n >= {1}, n, toUInt64(1)) AS c, "
      "if(n >= {1}, [(any(orig_h), max(v1), sum(v2), min(v3), max(v4), argMax(v5, v4), "
      "argMax(v6, v4))], groupArray({1})((orig_h, v1, v2, v3, v4, v5, v6))) "
      "AS os FROM ({0}) GROUP BY resp_h, resp_p, cause) ARRAY JOIN os AS o "
      "ORDER BY attempts DESC, resp_h, resp_p, cause LIMIT {2} FORMAT TabSeparated",
      inner, kManyClients, top_);
}

Sql ReportQueries::closers() const {
  return sql(
      "SELECT hex(resp_h), resp_p, {0} AS w1, {1} AS w2, {2} AS w3, {3} AS w4, "
      "sum({4}) - w1 - w2 - w3 - w4 {5} AND {6} IN {7} GROUP BY resp_h, resp_p "
      "HAVING w1 + w2 + w3 + w4 > 0 ORDER BY w1 + w2 + w3 + w4 DESC, resp_h, resp_p "
      "LIMIT {8} FORMAT TabSeparated",
      ended(sql("orig"), sql("fin")), ended(sql("resp"), sql("fin")),
      ended(sql("orig"), sql("rst")), ended(sql("resp"), sql("rst")), weight(), from(), outcome(),
      list_of(is_established), top_);
}

Sql ReportQueries::top_connections(const Sql& value) const {
  const Sql columns =
      sql("SELECT hex(orig_h), orig_p, hex(resp_h), resp_p, ts, duration, orig_bytes, resp_bytes, "
          "toInt8(conn_state), toInt8(outcome)");
  const Sql lasting = sql("{} AND outcome IN ('open', 'closed', 'reset', 'midstream') AND {} > 0",
                          scope_.where(days_), value);
  // First only the values are read, to find the least one that is listed, and then all columns of
  // the few rows that reach it. A repeated row of `extremes` may not be replaced yet. LIMIT BY
  // drops it at a lower cost than FINAL, which would merge the whole table.
  const bool extremes = days_ && scope_.has_all_services();
  // With PREWHERE, old servers do not use the primary key for a list of services.
  const Sql lead = scope_.services ? sql("WHERE") : sql("PREWHERE");
  const Sql rest = scope_.services ? sql("AND") : sql("WHERE");
  return sql(
      "{0} FROM {5} {7} {1} >= (SELECT min(v1) FROM (SELECT {1} AS v1 FROM {5} WHERE {2} "
      "ORDER BY v1 DESC LIMIT {3})) {8} {2} {4} LIMIT {6} FORMAT TabSeparated",
      columns, value, lasting, extremes ? 4 * top_ : top_,
      sql("ORDER BY {} DESC, ts, orig_h, orig_p, resp_h, resp_p {}", value,
          extremes ? sql("LIMIT 1 BY sensor, ts, uid, stream, batch") : sql("")),
      extremes ? sql("extremes") : sql("connections"), top_, lead, rest);
}

Sql ReportQueries::lasting() const {
  const Sql outcomes =
      list_of([](Outcome o) { return is_established(o) || o == Outcome::Midstream; });
  return sql("SELECT {}, {} {} AND {} IN {} FORMAT TabSeparated",
             days_ ? sql("sum(lasting)") : sql("countIf(duration > 0)"),
             days_ ? sql("sum(carrying)") : sql("countIf(orig_bytes + resp_bytes > 0)"), from(),
             outcome(), outcomes);
}

Sql ReportQueries::begins() const {
  return sql("SELECT {}, {} {} FORMAT TabSeparated", first(), last_begin(), from());
}

Sql ReportQueries::timeline(Duration width) const {
  constexpr Duration kMinute = std::chrono::minutes{1};
  const std::int64_t w = width.count();
  const Sql shown = sql("GROUP BY w1 ORDER BY w1 FORMAT TabSeparated");
  if (width >= kMinute && days_ && scope_.nets.empty()) {
    return sql(
        "SELECT intDiv(toInt64(toUnixTimestamp(minute)) * 1000000000, {}) AS w1, "
        "sum(connections), sumIf(connections, toInt8(outcome) IN {}), "
        "sum(orig_bytes + resp_bytes) FROM {} WHERE {} {}",
        w, failures_list(), scope_.has_all_services() ? sql("traffic") : sql("minutes"),
        scope_.where(true), shown);
  }
  return sql(
      "SELECT intDiv(ts, {}) AS w1, count(), countIf(toInt8(outcome) IN {}), "
      "sum(orig_bytes + resp_bytes) {} {}",
      w, failures_list(), from_connections(), shown);
}

Sql ReportQueries::places() const {
  return sql(
      "SELECT sumIf({0}, orig_cc != '' OR resp_cc != ''), sumIf({0}, orig_asn != 0 OR resp_asn != "
      "0) {1} FORMAT TabSeparated",
      weight(), from());
}

/// `name`: the end of the names of two annotations, "as_org"; empty: none.
Sql ReportQueries::geo(const Sql& key, const Sql& name) const {
  const auto name_of_end = [&](const Sql& end) {
    return name.view().empty() ? sql("''") : annotation(sql("{}_{}", end, name));
  };
  return sql(
      "SELECT k, max(w0), uniqExactMerge(w7), sum(w1) AS v1, sum(w2) AS v2, sum(w3), sum(w5) AS "
      "v5, sum(w6) FROM (SELECT orig_{0} AS k, {1} AS w0, sum({6}) AS w1, "
      "toUInt64(0) AS w2, sumIf({6}, {7} IN {3}) AS w3, sum(orig_bytes) AS w5, "
      "sum(resp_bytes) AS w6, uniqExactState(orig_h) AS w7 {4} GROUP BY k "
      "UNION ALL SELECT resp_{0} AS k, {2} AS w0, toUInt64(0) AS w1, "
      "sum({6}) AS w2, sumIf({6}, {7} IN {3} AND orig_h != resp_h) AS w3, "
      "sum(resp_bytes) AS w5, sum(orig_bytes) AS w6, uniqExactState(resp_h) AS w7 {4} GROUP BY k) "
      "GROUP BY k ORDER BY v1 + v2 DESC, v5 DESC, k LIMIT {5} FORMAT TabSeparated",
      key, name_of_end(sql("orig")), name_of_end(sql("resp")), failures_list(), from(), top_ + 1,
      weight(), outcome());
}

Sql ReportQueries::hosts_about() const {
  const auto of_end = [&](const Sql& end) {
    return sql(
        "SELECT {0}_h AS h, {1} AS w1, max(toString({0}_cc)) AS w2, max({0}_asn) AS w3, {2} AS w4, "
        "sum({3}) AS w5 {4} GROUP BY h HAVING w1 != '' OR w2 != '' OR w3 != 0",
        end, annotation(sql("{}_name", end)), annotation(sql("{}_as_org", end)), weight(), from());
  };
  return sql(
      "SELECT hex(h), max(w1), max(w2), max(w3), max(w4) FROM ({} UNION ALL {}) GROUP BY h "
      "ORDER BY sum(w5) DESC LIMIT {} FORMAT TabSeparated",
      of_end(sql("orig")), of_end(sql("resp")), kMaxKeys);
}

Sql ReportQueries::countries() const { return geo(sql("cc"), sql("")); }
Sql ReportQueries::networks() const { return geo(sql("asn"), sql("as_org")); }

}  // namespace synfin
