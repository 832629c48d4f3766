// See schema.h.
#include "store/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/aggregates.h"
#include "store/community_id_sql.h"

namespace synfin {
namespace {

std::string definitions_of(const std::vector<StoreColumn>& columns) {
  std::string text;
  for (const StoreColumn& column : columns)
    text += fmt::format("{}  {} {}", text.empty() ? "" : ",\n", column.name, column.type);
  return text;
}

/// As definitions_of(), with the columns that the table computes.
std::string definitions_of(const SchemaTable& table) {
  std::string text = definitions_of(table.columns);
  for (const ComputedColumn& column : table.computed)
    text += fmt::format(",\n  {} String ALIAS {}", column.name, column.expression);
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

std::string ttl_of(const SchemaOptions& o) {
  return fmt::format("day + toIntervalDay({})", o.keep_days);
}

Sql create_table(const SchemaTable& table, const SchemaOptions& o) {
  std::string text = fmt::format(
      "CREATE TABLE IF NOT EXISTS {}.{}{} (\n{}\n)\nENGINE = {}\nPARTITION BY {}\nORDER BY ({})",
      name_of(o.database).view(), local_name(table.name, !o.cluster.empty()), on_cluster(o),
      definitions_of(table), engine_of(table, o), table.partition, table.order);
  if (o.has_ttl && table.partition != "tuple()") text += fmt::format("\nTTL {}", ttl_of(o));
  // With forty sensors that insert a block per second each, this covers retries for four minutes.
  if (!o.cluster.empty()) text += "\nSETTINGS replicated_deduplication_window = 10000";
  return Sql::trusted(std::move(text));
}

std::vector<std::string_view> writers() {
  std::vector<std::string_view> all{"connections", kExtremes};
  all.insert(all.end(), std::begin(kAggregates), std::end(kAggregates));
  return all;
}

/// The SELECT that computes rows of `table` from rows of `from`.
std::string select_for(std::string_view table, const std::string& from) {
  if (table == "connections")
    return fmt::format("SELECT {} FROM {}", names_of(connection_columns()), from);
  if (table == kExtremes) return extremes_select(from, false);
  return aggregate_select(table, from);
}

Sql create_writer(std::string_view table, const SchemaOptions& o) {
  const std::string database(name_of(o.database).view());
  const std::string incoming = database + ".incoming";
  return Sql::trusted(
      fmt::format("CREATE MATERIALIZED VIEW IF NOT EXISTS {}.{}_writer{} TO {}.{} "
                  "AS\n{}",
                  database, table, on_cluster(o), database, local_name(table, !o.cluster.empty()),
                  select_for(table, incoming)));
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
  const auto aggregate = [](std::string_view name, std::string partition) {
    return SchemaTable{.name = std::string(name),
                       .columns = aggregate_columns(name),
                       .engine = "SummingMergeTree",
                       .version = "",
                       .partition = std::move(partition),
                       .order = aggregate_order(name)};
  };
  return {{.name = "connections",
           .columns = connection_columns(),
           .engine = "MergeTree",
           .version = "",
           .partition = "day",
           .order = "resp_p, resp_h, ts",
           .computed = {{"community_digest", community_digest_sql()},
                        {"community_id", community_id_sql()}}},
          aggregate("minutes", "day"),
          aggregate("days", "toYYYYMM(day)"),
          aggregate("traffic", "toYYYYMM(day)"),
          {.name = std::string(kExtremes),
           .columns = extreme_columns(),
           .engine = "ReplacingMergeTree",
           .version = "",
           .partition = "toYYYYMM(day)",
           .order = "sensor, ts, uid, stream, batch"},
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
          database, table.name, on_cluster(o), definitions_of(table), name_of(o.cluster).view())));
    }
  }
  // The version is created last: if it exists, everything before it does, too.
  statements.push_back(Sql::trusted(fmt::format(
      "CREATE VIEW IF NOT EXISTS {}.schema_version{} AS SELECT toUInt32({}) AS version, {} AS "
      "cluster",
      database, on_cluster(o), kSchemaVersion, quoted(o.cluster).view())));
  return statements;
}

std::vector<Sql> ttl_statements(const SchemaOptions& o) {
  std::vector<Sql> statements;
  for (const SchemaTable& table : schema_tables()) {
    statements.push_back(Sql::trusted(
        fmt::format("ALTER TABLE {}.{}{} MODIFY TTL {}", name_of(o.database).view(),
                    local_name(table.name, !o.cluster.empty()), on_cluster(o), ttl_of(o))));
  }
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
  // Neither a Null table nor a view holds rows, so nothing is lost.
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

Sql refill_statement(std::string_view table, std::uint16_t day, std::uint32_t stream,
                     std::uint64_t first, std::uint64_t last) {
  const std::string from =
      fmt::format("connections WHERE day = toDate({}) AND stream = {} AND batch BETWEEN {} AND {}",
                  day, stream, first, last);
  const bool extremes = table == kExtremes;
  return Sql::trusted(
      fmt::format("INSERT INTO {} ({}) {}", table,
                  names_of(extremes ? extreme_columns() : aggregate_columns(table)),
                  extremes ? extremes_select(from, true) : aggregate_select(table, from)));
}

}  // namespace synfin
