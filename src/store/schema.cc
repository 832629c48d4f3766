// See schema.h.
#include "store/schema.h"

#include <fmt/format.h>

#include <algorithm>

namespace synfin {
namespace {

constexpr std::string_view kSums[] = {
    "connections",   "orig_bytes",   "resp_bytes",    "orig_pkts",   "resp_pkts", "orig_ip_bytes",
    "resp_ip_bytes", "missed_bytes", "out_of_window", "syn_retries", "evicted",   "retransmitted"};

/// How each aggregate of `minutes` and `days` is computed from connections.
struct Aggregate {
  std::string_view name, type, expression;
};

constexpr Aggregate kMinuteStates[] = {
    {"last_batch", "AggregateFunction(max, UInt64)", "maxState(batch)"},
    {"handshake", "AggregateFunction(quantilesTDigest(0.5, 0.99), Float64)",
     "quantilesTDigestStateIf(0.5, 0.99)(toFloat64(synack_rtt), synack_rtt >= 0)"},
    {"rtt_samples", "UInt64", "countIf(synack_rtt >= 0)"},
    {"originators", "AggregateFunction(uniq, FixedString(16))", "uniqState(orig_h)"}};
constexpr Aggregate kDayStates[] = {
    {"last_batch", "AggregateFunction(max, UInt64)", "maxState(batch)"},
    {"handshake", "AggregateFunction(quantilesTDigest(0.5, 0.99), Float64)",
     "quantilesTDigestStateIf(0.5, 0.99)(toFloat64(synack_rtt), synack_rtt >= 0)"},
    {"rtt_samples", "UInt64", "countIf(synack_rtt >= 0)"},
    {"first", "AggregateFunction(min, Int64)", "minState(ts)"},
    {"last", "AggregateFunction(max, Int64)", "maxState(ts + greatest(duration, 0))"}};

/// Columns that are the same in connections and in an aggregate, in the order of the key.
constexpr std::string_view kMinuteKeys[] = {"sensor", "stream", "ip_proto",
                                            "resp_p", "resp_h", "cause"};
constexpr std::string_view kDayKeys[] = {"sensor", "stream", "ip_proto",   "resp_p",
                                         "resp_h", "orig_h", "conn_state", "cause"};

constexpr std::string_view kMinute = "toDateTime(intDiv(greatest(ts, 0), 60000000000) * 60, 'UTC')";

std::string type_of(std::string_view column) {
  static const std::vector<StoreColumn> columns = connection_columns();
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const StoreColumn& one) { return one.name == column; });
  return found == columns.end() ? "UInt64" : found->type;
}

/// The counted outcome, see counted_outcome().
std::string outcome_expression() {
  return fmt::format("CAST(if(direction_basis = 'socket', 'midstream', toString(outcome)), {})",
                     quoted(type_of("outcome")).view());
}

bool is_minutes(std::string_view aggregate) { return aggregate == "minutes"; }

std::span<const Aggregate> states_of(std::string_view aggregate) {
  if (is_minutes(aggregate)) return kMinuteStates;
  return kDayStates;
}
std::span<const std::string_view> keys_of(std::string_view aggregate) {
  if (is_minutes(aggregate)) return kMinuteKeys;
  return kDayKeys;
}

std::vector<StoreColumn> aggregate_columns(std::string_view aggregate) {
  std::vector<StoreColumn> columns{{"day", "Date"}};
  if (is_minutes(aggregate)) columns.push_back({"minute", "DateTime('UTC')"});
  for (const std::string_view key : keys_of(aggregate))
    columns.push_back({std::string(key), type_of(key)});
  columns.push_back({"outcome", type_of("outcome")});
  for (const std::string_view sum : kSums) columns.push_back({std::string(sum), "UInt64"});
  for (const Aggregate& state : states_of(aggregate))
    columns.push_back({std::string(state.name), std::string(state.type)});
  return columns;
}

/// The SELECT that aggregates rows of connections. It has no inner SELECT, which views of old
/// servers do not run, and no name of it occurs in the expression of another one, because a server
/// would take it for that expression.
std::string aggregate_select(std::string_view aggregate, std::string_view from) {
  std::string keys = "day", columns = "day";
  if (is_minutes(aggregate)) {
    columns += fmt::format(", {} AS minute", kMinute);
    keys += ", minute";
  }
  for (const std::string_view key : keys_of(aggregate)) {
    columns += fmt::format(", {}", key);
    keys += fmt::format(", {}", key);
  }
  columns += fmt::format(", {} AS outcome, count() AS connections", outcome_expression());
  for (const std::string_view sum : kSums) {
    if (sum != "connections") columns += fmt::format(", sum(toUInt64({0})) AS {0}", sum);
  }
  for (const Aggregate& state : states_of(aggregate))
    columns += fmt::format(", {} AS {}", state.expression, state.name);
  return fmt::format("SELECT {} FROM {} GROUP BY {}, outcome", columns, from, keys);
}

std::string names_of(const std::vector<StoreColumn>& columns) {
  std::string names;
  for (const StoreColumn& column : columns)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", column.name);
  return names;
}

std::string definitions_of(const std::vector<StoreColumn>& columns) {
  std::string text;
  for (const StoreColumn& column : columns)
    text += fmt::format("{}  {} {}", text.empty() ? "" : ",\n", column.name, column.type);
  return text;
}

std::string on_cluster(const SchemaOptions& o) {
  return o.cluster.empty() ? "" : fmt::format(" ON CLUSTER {}", name_of(o.cluster).view());
}

std::string engine_of(const SchemaTable& table, const SchemaOptions& o) {
  const bool replicated = !o.cluster.empty();
  std::string arguments = replicated
                              ? fmt::format("'/clickhouse/tables/{{shard}}/{}/{}', '{{replica}}'",
                                            o.database, table.name)
                              : "";
  if (!table.version.empty()) arguments += (replicated ? ", " : "") + table.version;
  return fmt::format("{}{}({})", replicated ? "Replicated" : "", table.engine, arguments);
}

Sql create_table(const SchemaTable& table, const SchemaOptions& o) {
  std::string text = fmt::format(
      "CREATE TABLE IF NOT EXISTS {}.{}{} (\n{}\n)\nENGINE = {}\nPARTITION BY {}\nORDER BY ({})",
      name_of(o.database).view(), local_name(table.name, !o.cluster.empty()), on_cluster(o),
      definitions_of(table.columns), engine_of(table, o), table.partition, table.order);
  if (o.has_ttl && table.partition != "tuple()")
    text += fmt::format("\nTTL day + toIntervalDay({})", o.keep_days);
  // Forty sensors insert a block a second, and a retry may come minutes later.
  if (!o.cluster.empty()) text += "\nSETTINGS replicated_deduplication_window = 10000";
  return Sql::trusted(std::move(text));
}

std::vector<std::string_view> writers() { return {"connections", "minutes", "days"}; }

Sql create_writer(std::string_view table, const SchemaOptions& o) {
  const std::string database(name_of(o.database).view());
  const std::string incoming = database + ".incoming";
  const std::string select =
      table == "connections"
          ? fmt::format("SELECT {} FROM {}", names_of(connection_columns()), incoming)
          : aggregate_select(table, incoming);
  return Sql::trusted(fmt::format(
      "CREATE MATERIALIZED VIEW IF NOT EXISTS {}.{}_writer{} TO {}.{} "
      "AS\n{}",
      database, table, on_cluster(o), database, local_name(table, !o.cluster.empty()), select));
}

}  // namespace

std::string local_name(std::string_view table, bool cluster) {
  return std::string(table) + (cluster ? "_local" : "");
}

std::vector<SchemaTable> schema_tables() {
  const auto small = [](StoreTable table, std::string version, std::string order) {
    return SchemaTable{.name = std::string(to_string(table)),
                       .columns = columns_of(table),
                       .engine = "ReplacingMergeTree",
                       .version = std::move(version),
                       .partition = "toYYYYMM(day)",
                       .order = std::move(order)};
  };
  return {{.name = "connections",
           .columns = connection_columns(),
           .engine = "MergeTree",
           .version = "",
           .partition = "day",
           .order = "resp_p, resp_h, ts"},
          {.name = "minutes",
           .columns = aggregate_columns("minutes"),
           .engine = "SummingMergeTree",
           .version = "",
           .partition = "day",
           .order = "resp_p, resp_h, minute, sensor, stream, ip_proto, outcome, cause"},
          {.name = "days",
           .columns = aggregate_columns("days"),
           .engine = "SummingMergeTree",
           .version = "",
           .partition = "toYYYYMM(day)",
           .order = "resp_p, resp_h, day, sensor, stream, ip_proto, orig_h, conn_state, outcome, "
                    "cause"},
          small(StoreTable::OpenConnections, "seen", "sensor, uid"),
          small(StoreTable::Changes, "", "sensor, ts, id"),
          small(StoreTable::Counters, "", "sensor, ts, stream"),
          small(StoreTable::Gaps, "", "sensor, ts, sentence"),
          small(StoreTable::Runs, "ended", "sensor, stream, began")};
}

std::vector<Sql> create_statements(const SchemaOptions& o) {
  std::vector<Sql> statements;
  const std::string database(name_of(o.database).view());
  statements.push_back(
      Sql::trusted(fmt::format("CREATE DATABASE IF NOT EXISTS {}{}", database, on_cluster(o))));
  const auto tables = schema_tables();
  for (const SchemaTable& table : tables) statements.push_back(create_table(table, o));
  statements.push_back(
      Sql::trusted(fmt::format("CREATE TABLE IF NOT EXISTS {}.incoming{} (\n{}\n)\nENGINE = Null",
                               database, on_cluster(o), definitions_of(connection_columns()))));
  for (const std::string_view writer : writers()) statements.push_back(create_writer(writer, o));
  if (!o.cluster.empty()) {
    for (const SchemaTable& table : tables) {
      statements.push_back(Sql::trusted(fmt::format(
          "CREATE TABLE IF NOT EXISTS {0}.{1}{2} (\n{3}\n)\nENGINE = Distributed({4}, {0}, "
          "{1}_local)",
          database, table.name, on_cluster(o), definitions_of(table.columns),
          name_of(o.cluster).view())));
    }
  }
  // The version is the last to be created, so that it stands for all the others.
  statements.push_back(Sql::trusted(fmt::format(
      "CREATE VIEW IF NOT EXISTS {}.schema_version{} AS SELECT toUInt32({}) AS version, {} AS "
      "cluster",
      database, on_cluster(o), kSchemaVersion, quoted(o.cluster).view())));
  return statements;
}

Sql existing_columns_query(std::string_view database) {
  return sql("SELECT table, name, type FROM system.columns WHERE database = {}", quoted(database));
}

std::vector<Sql> migration_statements(const SchemaOptions& o,
                                      const std::vector<ExistingColumn>& existing,
                                      unsigned version) {
  std::vector<Sql> statements;
  const std::string database(name_of(o.database).view());
  const auto alter = [&](const std::string& table, const std::vector<StoreColumn>& columns) {
    const auto is_of_table = [&](const ExistingColumn& one) { return one.table == table; };
    if (std::none_of(existing.begin(), existing.end(), is_of_table)) return;
    std::string_view previous;
    for (const StoreColumn& column : columns) {
      const auto found =
          std::find_if(existing.begin(), existing.end(), [&](const ExistingColumn& one) {
            return is_of_table(one) && one.column.name == column.name;
          });
      const bool exists = found != existing.end();
      const bool grown =
          exists && column.type.starts_with("Enum8(") && found->column.type != column.type;
      if (!exists || grown) {
        statements.push_back(Sql::trusted(
            fmt::format("ALTER TABLE {}.{}{} {} COLUMN {} {}{}", database, table, on_cluster(o),
                        exists ? "MODIFY" : "ADD", column.name, column.type,
                        exists || previous.empty() ? "" : fmt::format(" AFTER {}", previous))));
      }
      previous = column.name;
    }
  };
  const bool cluster = !o.cluster.empty();
  for (const SchemaTable& table : schema_tables()) {
    alter(local_name(table.name, cluster), table.columns);
    if (cluster) alter(table.name, table.columns);
  }
  if (statements.empty() && (version == 0 || version == kSchemaVersion)) return statements;
  // A Null table holds nothing, and views hold nothing either.
  for (const std::string_view writer : writers()) {
    statements.push_back(Sql::trusted(
        fmt::format("DROP TABLE IF EXISTS {}.{}_writer{}", database, writer, on_cluster(o))));
  }
  for (const std::string_view table : {"incoming", "schema_version"}) {
    statements.push_back(
        Sql::trusted(fmt::format("DROP TABLE IF EXISTS {}.{}{}", database, table, on_cluster(o))));
  }
  return statements;
}

Sql insert_statement(StoreTable table, bool cluster) {
  const std::string target =
      table == StoreTable::Connections ? "incoming" : local_name(to_string(table), cluster);
  return Sql::trusted(
      fmt::format("INSERT INTO {} ({}) FORMAT Native", target, names_of(columns_of(table))));
}

Sql direct_insert_statement() {
  return Sql::trusted(
      fmt::format("INSERT INTO connections ({}) FORMAT Native", names_of(connection_columns())));
}

Sql refill_statement(std::string_view aggregate, std::uint16_t day, std::uint32_t stream,
                     std::uint64_t first, std::uint64_t last) {
  const std::string from =
      fmt::format("connections WHERE day = toDate({}) AND stream = {} AND batch BETWEEN {} AND {}",
                  day, stream, first, last);
  return Sql::trusted(fmt::format("INSERT INTO {} ({}) {}", aggregate,
                                  names_of(aggregate_columns(aggregate)),
                                  aggregate_select(aggregate, from)));
}

}  // namespace synfin
