// See report_queries.h. Numbers of outcomes are those of Outcome; "wN" and "tN" are names of
// expressions that no table has as a column.
#include "store/report_queries.h"

#include <string>

#include "synfin/report/summary_data.h"
#include "synfin/track/connection.h"

namespace synfin {
namespace {

constexpr int kMidstream = static_cast<int>(Outcome::Midstream);
constexpr int kBackscatter = static_cast<int>(Outcome::Backscatter);
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
  std::string text;
  for (int i = 0; i < kOutcomes; ++i) {
    if (counts(static_cast<Outcome>(i))) text += (text.empty() ? "" : ", ") + std::to_string(i);
  }
  return Sql::trusted("(" + text + ")");
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
  return days_ ? sql("quantilesTDigestMerge(0.5, 0.99)(handshake), sum(rtt_samples)")
               : sql("quantilesTDigestIf(0.5, 0.99)(toFloat64(synack_rtt), synack_rtt >= 0), "
                     "countIf(synack_rtt >= 0)");
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

/// False for what belongs to a flood.
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
  return sql("({} OR {} IN {})", days_ ? sql("0") : sql("toInt8(probe) != 0"), outcome(),
             list_of([](Outcome o) { return is_attempt(o) && o != Outcome::Pending; }));
}
Sql ReportQueries::in_vain() const {
  return sql("({} OR {} IN {})", days_ ? sql("0") : sql("toInt8(probe) != 0"), outcome(),
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
      "sumIf({0}, {1} IN {2}) AS w4, sum(resp_bytes) AS w5, sum(orig_bytes) AS w6, "
      "uniqExactStateIf(orig_h, {1} != {3}) AS w7, {4} AS w8, {5} AS w9, toUInt64(0) AS w10, "
      "toUInt64(0) AS w11, toUInt64(0) AS w12 {6} GROUP BY resp_h) "
      "GROUP BY h HAVING {8} ORDER BY v1 + v2 DESC, v5 + v6 DESC, h LIMIT {7} FORMAT TabSeparated",
      weight(), outcome(), failures_list(), kBackscatter, first(), last(), from(), top_, having,
      tries);
}

Sql ReportQueries::probes() const {
  return sql("SELECT countIf(toInt8(probe) != 0) {} FORMAT TabSeparated", from_connections());
}

Sql ReportQueries::scanners() const {
  const Sql bit =
      days_ ? sql("toUInt8(1)") : sql("bitShiftLeft(toUInt8(1), toUInt8(toInt8(probe)))");
  return sql(
      "SELECT hex(orig_h), uniqExactIf((resp_h, resp_p), {0} != {1}) AS w1, "
      "uniqExactIf(resp_p, {0} != {1}), uniqExactIf(resp_h, {0} != {1}), "
      "sumIf({2}, {3}) AS w2, sumIf({2}, {4}) AS w3, groupBitOr(if({4}, {5}, toUInt8(0))), "
      "{6}, {7}, sum(orig_bytes + resp_bytes) AS w4 {8} GROUP BY orig_h "
      "HAVING w1 >= 15 AND w2 >= 15 AND w3 * 100 >= w2 * 80 "
      "ORDER BY w1 DESC, w4 DESC, orig_h LIMIT {9} FORMAT TabSeparated",
      outcome(), kBackscatter, weight(), tried(), in_vain(), bit, first(), last(), from(), top_);
}

Sql ReportQueries::floods() const {
  return sql(
      "SELECT hex(resp_h), resp_p, sum(w2) AS v1, max(w2), min(w3), max(w4) FROM ("
      "SELECT resp_h, resp_p, intDiv(ts, 1000000000) AS w1, count() AS w2, min(ts) AS w3, "
      "max(ts) AS w4 {} AND outcome IN ('unanswered', 'half_open', 'pending') "
      "GROUP BY resp_h, resp_p, w1 HAVING w2 >= 100) GROUP BY resp_h, resp_p "
      "HAVING v1 >= 1000 ORDER BY v1 DESC, resp_h, resp_p LIMIT {} FORMAT TabSeparated",
      from_connections(), top_);
}

Sql ReportQueries::icmp() const {
  return sql(
      "SELECT hex(orig_h), hex(resp_h), resp_p, argMax(icmp_type, ts), "
      "argMax(icmp_code, ts) {} AND outcome = 'unreachable' GROUP BY orig_h, resp_h, resp_p "
      "ORDER BY count() DESC LIMIT 20000 FORMAT TabSeparated",
      from_connections());
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
      "SELECT orig_h, resp_h, resp_p, cause, max(toInt8(cause_confidence)) AS v1, count() AS v2, "
      "min(ts) AS v3, max(ts) AS v4, argMax(cause_evidence, ts) AS v5, argMax(icmp_type, ts) AS "
      "v6, argMax(icmp_code, ts) AS v7 {} AND {} GROUP BY orig_h, resp_h, resp_p, cause HAVING {}",
      from_connections(), kept, having);
  // Few clients have an array with each of them, many an array with one; ARRAY JOIN makes the rows.
  return sql(
      "SELECT hex(resp_h), resp_p, toInt8(cause), c, hex(o.1), o.2 AS confidence, o.3 AS attempts, "
      "o.4, o.5, o.6, o.7, o.8 FROM (SELECT resp_h, resp_p, cause, count() AS n, "
      "if(n >= {1}, n, toUInt64(1)) AS c, "
      "if(n >= {1}, [(any(orig_h), max(v1), sum(v2), min(v3), max(v4), argMax(v5, v4), "
      "argMax(v6, v4), argMax(v7, v4))], groupArray({1})((orig_h, v1, v2, v3, v4, v5, v6, v7))) "
      "AS os FROM ({0}) GROUP BY resp_h, resp_p, cause) ARRAY JOIN os AS o "
      "ORDER BY attempts DESC, resp_h, resp_p, cause LIMIT {2} FORMAT TabSeparated",
      inner, kManyClients, top_);
}

Sql ReportQueries::closers() const {
  return sql(
      "SELECT hex(resp_h), resp_p, "
      "countIf(closed_by = 'orig' AND rst_basis = 'none') AS w1, "
      "countIf(closed_by = 'resp' AND rst_basis = 'none') AS w2, "
      "countIf(closed_by = 'orig' AND rst_basis != 'none') AS w3, "
      "countIf(closed_by = 'resp' AND rst_basis != 'none') AS w4, "
      "countIf(NOT (closed_by IN ('orig', 'resp'))) {} AND outcome IN ('open', 'closed', "
      "'reset') AND direction_basis != 'socket' GROUP BY resp_h, resp_p "
      "HAVING w1 + w2 + w3 + w4 > 0 ORDER BY w1 + w2 + w3 + w4 DESC, resp_h, resp_p "
      "LIMIT {} FORMAT TabSeparated",
      from_connections(), top_);
}

/// First only the values are read, to find the smallest of the largest, and then all columns of
/// the few rows that reach it.
Sql ReportQueries::top_connections(const Sql& value) const {
  const Sql lasting = sql("outcome IN ('open', 'closed', 'reset', 'midstream') AND {} > 0", value);
  return sql(
      "SELECT hex(orig_h), orig_p, hex(resp_h), resp_p, ts, duration, orig_bytes, resp_bytes, "
      "toInt8(conn_state), toInt8(outcome) FROM connections PREWHERE {0} >= (SELECT min(v1) FROM "
      "(SELECT {0} AS v1 FROM connections WHERE {1} AND {2} ORDER BY v1 DESC LIMIT {3})) "
      "WHERE {1} AND {2} ORDER BY {0} DESC, ts, orig_h, orig_p, resp_h, resp_p LIMIT {3} "
      "FORMAT TabSeparated",
      value, scope_.where(false), lasting, top_);
}

Sql ReportQueries::lasting() const {
  return sql(
      "SELECT countIf(duration > 0), countIf(orig_bytes + resp_bytes > 0) {} AND outcome IN "
      "('open', 'closed', 'reset', 'midstream') FORMAT TabSeparated",
      from_connections());
}

Sql ReportQueries::begin_minutes() const {
  return sql(
      "SELECT toInt64(toUnixTimestamp(min(minute))) * 1000000000, "
      "toInt64(toUnixTimestamp(max(minute))) * 1000000000 FROM minutes WHERE {} "
      "FORMAT TabSeparated",
      scope_.where(true));
}

Sql ReportQueries::begins() const {
  return sql("SELECT min(ts), max(ts) {} FORMAT TabSeparated", from_connections());
}

Sql ReportQueries::timeline(Duration width) const {
  constexpr Duration kMinute = std::chrono::minutes{1};
  const std::int64_t w = width.count();
  if (width >= kMinute && scope_.has_whole_days() && scope_.nets.empty()) {
    return sql(
        "SELECT intDiv(toInt64(toUnixTimestamp(minute)) * 1000000000, {}) AS w1, "
        "sum(connections), sumIf(connections, toInt8(outcome) IN {}), "
        "sum(orig_bytes + resp_bytes) FROM minutes WHERE {} GROUP BY w1 ORDER BY w1 "
        "FORMAT TabSeparated",
        w, failures_list(), scope_.where(true));
  }
  return sql(
      "SELECT intDiv(ts, {}) AS w1, count(), countIf(outcome IN ('refused', 'unanswered', "
      "'unreachable', 'half_open')), sum(orig_bytes + resp_bytes) {} GROUP BY w1 ORDER BY "
      "w1 FORMAT TabSeparated",
      w, from_connections());
}

Sql ReportQueries::places() const {
  return sql(
      "SELECT countIf(orig_cc != '' OR resp_cc != ''), countIf(orig_asn != 0 OR resp_asn != "
      "0) {} FORMAT TabSeparated",
      from_connections());
}

Sql ReportQueries::geo(const Sql& key, const Sql& name) const {
  return sql(
      "SELECT k, any(o), uniqExactMerge(w7), sum(w1) AS v1, sum(w2) AS v2, sum(w3), sum(w5) AS v5, "
      "sum(w6) FROM (SELECT orig_{0} AS k, any(toString(orig_{1})) AS o, count() AS w1, "
      "toUInt64(0) AS w2, countIf(outcome IN {2}) AS w3, sum(orig_bytes) AS w5, "
      "sum(resp_bytes) AS w6, uniqExactState(orig_h) AS w7 {3} GROUP BY k "
      "UNION ALL SELECT resp_{0} AS k, any(toString(resp_{1})) AS o, toUInt64(0) AS w1, "
      "count() AS w2, countIf(outcome IN {2}) AS w3, sum(resp_bytes) AS w5, sum(orig_bytes) AS w6, "
      "uniqExactState(resp_h) AS w7 {3} GROUP BY k) "
      "GROUP BY k ORDER BY v1 + v2 DESC, v5 DESC, k LIMIT {4} FORMAT TabSeparated",
      key, name, sql("('refused', 'unanswered', 'unreachable', 'half_open')"), from_connections(),
      top_ + 1);
}

Sql ReportQueries::countries() const { return geo(sql("cc"), sql("cc")); }
Sql ReportQueries::networks() const { return geo(sql("asn"), sql("as_org")); }

}  // namespace synfin
