// See aggregates.h.
//
// A SELECT here has no inner SELECT, which views of old servers do not run. No name of a result
// occurs in the expression of another one, because a server would take it for that expression. So
// rows have `carries_data`, which cannot be computed beside sum(orig_bytes) AS orig_bytes.
#include "store/aggregates.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "store/handshake_steps.h"

namespace synfin {
namespace {

/// A column that is computed from rows of connections.
struct Computed {
  std::string name, type, expression;
};

constexpr std::string_view kAllSums[] = {
    "connections",   "orig_bytes",   "resp_bytes",    "orig_pkts",   "resp_pkts", "orig_ip_bytes",
    "resp_ip_bytes", "missed_bytes", "out_of_window", "syn_retries", "evicted",   "retransmitted"};
constexpr std::string_view kTrafficSums[] = {"connections", "orig_bytes", "resp_bytes"};

/// Keys that are columns of connections, too, in the order of the table's key. `outcome` is the
/// counted one.
constexpr std::string_view kMinuteKeys[] = {"resp_p", "resp_h",   "minute",  "sensor",
                                            "stream", "ip_proto", "outcome", "cause"};
constexpr std::string_view kDayKeys[] = {
    "resp_p",  "resp_h", "day",   "sensor",  "stream",  "ip_proto", "orig_h",  "conn_state",
    "outcome", "cause",  "probe", "orig_cc", "resp_cc", "orig_asn", "resp_asn"};
constexpr std::string_view kTrafficKeys[] = {"minute", "sensor", "stream", "ip_proto", "outcome"};

const std::vector<StoreColumn>& connection_types() {
  static const std::vector<StoreColumn> columns = connection_columns();
  return columns;
}

std::string type_of(std::string_view column) {
  if (column == "minute") return "DateTime('UTC')";
  const auto& columns = connection_types();
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const StoreColumn& one) { return one.name == column; });
  return found == columns.end() ? "UInt64" : found->type;
}

/// The counted outcome, see counted_outcome().
std::string outcome_expression() {
  return fmt::format("CAST(if(direction_basis = 'socket', 'midstream', toString(outcome)), {})",
                     quoted(type_of("outcome")).view());
}

std::string key_expression(std::string_view key) {
  if (key == "minute")
    return "toDateTime(intDiv(greatest(ts, 0), 60000000000) * 60, 'UTC') AS minute";
  if (key == "outcome") return outcome_expression() + " AS outcome";
  return std::string(key);
}

std::span<const std::string_view> keys_of(std::string_view aggregate) {
  if (aggregate == "minutes") return kMinuteKeys;
  if (aggregate == "days") return kDayKeys;
  return kTrafficKeys;
}

std::span<const std::string_view> sums_of(std::string_view aggregate) {
  if (aggregate == "traffic") return kTrafficSums;
  return kAllSums;
}

Computed count_if(std::string name, std::string condition) {
  return {std::move(name), "UInt64", fmt::format("countIf({})", condition)};
}

/// The time from SYN to SYN-ACK.
std::vector<Computed> handshake_columns() {
  return {{"handshake_steps", "AggregateFunction(quantilesTiming(0.5, 0.99), UInt16)",
           fmt::format("quantilesTimingStateIf(0.5, 0.99)({}, synack_rtt >= 0)",
                       handshake_step_sql().view())},
          count_if("rtt_samples", "synack_rtt >= 0")};
}

/// What a report needs beside the sums.
std::vector<Computed> report_columns() {
  std::vector<Computed> columns{
      {"first", "AggregateFunction(min, Int64)", "minState(ts)"},
      {"last", "AggregateFunction(max, Int64)", "maxState(ts + greatest(duration, 0))"},
      {"last_begin", "AggregateFunction(max, Int64)", "maxState(ts)"},
      {"confidence", "AggregateFunction(max, Int8)", "maxState(toInt8(cause_confidence))"},
      {"evidence", "AggregateFunction(argMax, String, Int64)", "argMaxState(cause_evidence, ts)"},
      {"icmp_error", "AggregateFunction(argMax, UInt16, Int64)",
       "argMaxState(toUInt16(icmp_type * 256 + icmp_code), ts)"},
      count_if("lasting", "duration > 0"),
      // Here orig_bytes is the sum of that name, which an aggregate function cannot take.
      count_if("carrying", "carries_data = 1")};
  for (const std::string_view end : {"orig", "resp"}) {
    columns.push_back(count_if(fmt::format("{}_fin", end),
                               fmt::format("closed_by = '{}' AND rst_basis = 'none'", end)));
    columns.push_back(count_if(fmt::format("{}_rst", end),
                               fmt::format("closed_by = '{}' AND rst_basis != 'none'", end)));
    for (const std::string_view text : {"name", "as_org"}) {
      columns.push_back({fmt::format("{}_{}", end, text), "AggregateFunction(max, String)",
                         fmt::format("maxState(toString({}_{}))", end, text)});
    }
  }
  return columns;
}

std::vector<Computed> computed_columns(std::string_view aggregate) {
  std::vector<Computed> columns;
  for (const std::string_view sum : sums_of(aggregate)) {
    columns.push_back({std::string(sum), "UInt64",
                       sum == "connections" ? "count()" : fmt::format("sum(toUInt64({}))", sum)});
  }
  columns.push_back({"last_batch", "AggregateFunction(max, UInt64)", "maxState(batch)"});
  const auto append = [&](std::vector<Computed> more) {
    columns.insert(columns.end(), more.begin(), more.end());
  };
  if (aggregate != "traffic") append(handshake_columns());
  if (aggregate == "days") append(report_columns());
  if (aggregate == "minutes") {
    columns.push_back(
        {"originators", "AggregateFunction(uniq, FixedString(16))", "uniqState(orig_h)"});
  }
  return columns;
}

constexpr std::string_view kExtremeColumns[] = {
    "day",    "ts",     "sensor",   "stream",     "batch",      "uid",        "orig_h", "orig_p",
    "resp_h", "resp_p", "duration", "orig_bytes", "resp_bytes", "conn_state", "outcome"};

}  // namespace

std::vector<StoreColumn> aggregate_columns(std::string_view aggregate) {
  std::vector<StoreColumn> columns{{"day", "Date"}};
  for (const std::string_view key : keys_of(aggregate))
    if (key != "day") columns.push_back({std::string(key), type_of(key)});
  for (const Computed& one : computed_columns(aggregate)) columns.push_back({one.name, one.type});
  return columns;
}

std::string aggregate_order(std::string_view aggregate) {
  return fmt::format("{}", fmt::join(keys_of(aggregate), ", "));
}

std::string aggregate_select(std::string_view aggregate, std::string_view from) {
  std::string columns = "day", keys = "day";
  for (const std::string_view key : keys_of(aggregate)) {
    if (key == "day") continue;
    columns += ", " + key_expression(key);
    keys += fmt::format(", {}", key);
  }
  for (const Computed& one : computed_columns(aggregate))
    columns += fmt::format(", {} AS {}", one.expression, one.name);
  return fmt::format("SELECT {} FROM {} GROUP BY {}", columns, from, keys);
}

std::vector<StoreColumn> extreme_columns() {
  std::vector<StoreColumn> columns;
  for (const std::string_view name : kExtremeColumns)
    columns.push_back({std::string(name), type_of(name)});
  return columns;
}

std::string extremes_select(std::string_view from, bool has_conditions) {
  return fmt::format("SELECT {} FROM {} {} notable = 1", fmt::join(kExtremeColumns, ", "), from,
                     has_conditions ? "AND" : "WHERE");
}

std::string names_of(const std::vector<StoreColumn>& columns) {
  std::string names;
  for (const StoreColumn& column : columns)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", column.name);
  return names;
}

}  // namespace synfin
