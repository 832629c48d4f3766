// The statements of the schema. tests/store/ has servers execute them.
#include "store/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string text_of(const std::vector<Sql>& statements) {
  std::string text;
  for (const Sql& statement : statements) text += std::string(statement.view()) + ";\n";
  return text;
}

SchemaOptions options_of(const std::string& database, const std::string& cluster = "") {
  SchemaOptions options;
  options.database = database;
  options.cluster = cluster;
  return options;
}

std::vector<ExistingColumn> all_columns() {
  std::vector<ExistingColumn> columns;
  for (const SchemaTable& table : schema_tables()) {
    for (const StoreColumn& column : table.columns) columns.push_back({table.name, column});
  }
  return columns;
}

TEST(Schema, OneServer) {
  SchemaOptions options = options_of("synfin");
  options.keep_days = 30;
  const std::string text = text_of(create_statements(options));
  EXPECT_THAT(text, HasSubstr("CREATE DATABASE IF NOT EXISTS synfin;"));
  EXPECT_THAT(text, HasSubstr("ENGINE = MergeTree()\nPARTITION BY day\nORDER BY (resp_p, resp_h, "
                              "ts)\nTTL day + toIntervalDay(30)"));
  EXPECT_THAT(text, HasSubstr("ENGINE = ReplacingMergeTree(seen)"));
  EXPECT_THAT(text, HasSubstr("MATERIALIZED VIEW IF NOT EXISTS synfin.minutes_writer TO "
                              "synfin.minutes AS"));
  EXPECT_THAT(text, Not(HasSubstr("Replicated")));
  EXPECT_THAT(text, Not(HasSubstr("Distributed")));
}

TEST(Schema, AClusterHasReplicatedAndDistributedTables) {
  const std::string text = text_of(create_statements(options_of("s", "main")));
  EXPECT_THAT(text, HasSubstr("s.connections_local ON CLUSTER main"));
  EXPECT_THAT(text, HasSubstr("ReplicatedMergeTree('/clickhouse/tables/{shard}/s/connections', "
                              "'{replica}')"));
  EXPECT_THAT(text, HasSubstr("ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/s/runs', "
                              "'{replica}', ended)"));
  EXPECT_THAT(text, HasSubstr("ENGINE = Distributed(main, s, days_local)"));
  EXPECT_THAT(text, HasSubstr("TO s.days_local AS"));
  EXPECT_THAT(text, HasSubstr("TO s.extremes_local AS\nSELECT day, ts"));
}

TEST(Schema, ExistingTablesGetAnotherTtl) {
  SchemaOptions options = options_of("s", "main");
  options.keep_days = 30;
  const auto statements = ttl_statements(options);
  EXPECT_EQ(statements.size(), schema_tables().size());
  EXPECT_THAT(text_of(statements),
              HasSubstr("ALTER TABLE s.days_local ON CLUSTER main MODIFY TTL day + "
                        "toIntervalDay(30);\n"));
}

TEST(Schema, AnOldServerGetsNoTtl) {
  SchemaOptions options = options_of("s");
  options.has_ttl = false;
  EXPECT_THAT(text_of(create_statements(options)), Not(HasSubstr("TTL")));
}

TEST(Schema, ACurrentSchemaNeedsNoStatements) {
  EXPECT_TRUE(migration_statements(options_of("s"), all_columns(), kSchemaVersion).empty());
  EXPECT_TRUE(migration_statements(options_of("s"), {}, 0).empty());
}

TEST(Schema, MigrationAddsColumnsAndWords) {
  auto columns = all_columns();
  std::erase_if(columns, [](const ExistingColumn& one) { return one.column.name == "cause"; });
  for (ExistingColumn& one : columns) {
    if (one.table == "connections" && one.column.name == "outcome")
      one.column.type = "Enum8('open' = 0)";
  }
  const std::string text = text_of(migration_statements(options_of("s"), columns, 1));
  EXPECT_THAT(text, HasSubstr("ALTER TABLE s.connections ADD COLUMN cause Enum8('none' = 0"));
  EXPECT_THAT(text, HasSubstr(" AFTER probe;"));
  EXPECT_THAT(text,
              HasSubstr("ALTER TABLE s.connections MODIFY COLUMN outcome Enum8('open' = 0, "));
  EXPECT_THAT(text, HasSubstr("DROP TABLE IF EXISTS s.connections_writer"));
  EXPECT_THAT(text, HasSubstr("DROP TABLE IF EXISTS s.schema_version"));
  EXPECT_THAT(text, Not(HasSubstr("ALTER TABLE s.gaps")));
}

TEST(Schema, AggregatesNameNoResultInAnotherExpression) {
  // A server would take the name for the expression of the result.
  for (const SchemaTable& table : schema_tables()) {
    if (table.engine != "SummingMergeTree") continue;
    const std::string select(refill_statement(table.name, 1, 1, 1, 1).view());
    EXPECT_THAT(select, Not(HasSubstr("orig_bytes + "))) << table.name;
    for (const StoreColumn& column : table.columns)
      EXPECT_THAT(select, HasSubstr(column.name)) << table.name;
  }
}

TEST(Schema, InsertsNameAllColumns) {
  EXPECT_THAT(std::string(insert_statement(StoreTable::Connections, true).view()),
              testing::MatchesRegex("INSERT INTO incoming \\(day, ts, .*\\) FORMAT Native"));
  EXPECT_THAT(std::string(insert_statement(StoreTable::Gaps, true).view()),
              HasSubstr("INSERT INTO gaps_local (day, ts, sensor, "));
  EXPECT_THAT(std::string(insert_statement(StoreTable::Gaps, false).view()),
              HasSubstr("INSERT INTO gaps ("));
  EXPECT_THAT(std::string(refill_statement("days", 5, 6, 7, 8).view()),
              HasSubstr("FROM connections WHERE day = toDate(5) AND stream = 6 AND batch BETWEEN 7 "
                        "AND 8 GROUP BY"));
  EXPECT_THAT(std::string(refill_statement("extremes", 5, 6, 7, 8).view()),
              HasSubstr("AND batch BETWEEN 7 AND 8 AND notable = 1"));
}

}  // namespace
}  // namespace synfin::test
