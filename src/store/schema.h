/// \file
/// The schema of the store, as statements.
///
///     sensors ─→ incoming (Null) ─┬─→ connections   one row for each connection, exactly once
///                                 ├─→ minutes       sums for each minute and service of a host
///                                 ├─→ days          sums for each day, client and service
///                                 ├─→ traffic       sums for each minute
///                                 └─→ extremes      the longest and the largest connections
///     sensors ─→ open_connections, changes, counters, gaps, runs
///
/// How to query it:
///
/// - `connections` is partitioned by `day`, the UTC day of the first packet, and ordered by service
///   (resp_p), responder (resp_h) and time (ts). Its rows are distinct, so no query needs FINAL.
///   Records of connections that were open when a sensor ended have the outcome "open".
/// - `minutes`, `days` and `traffic` are summed only when parts are merged, so a query sums them
///   again: numbers with sum(x), states with minMerge(first), maxMerge(last),
///   uniqMerge(originators) and quantilesTimingMerge(0.5, 0.99)(handshake_steps), whose values are
///   the steps of handshake_steps.h. Their `outcome` is the counted one (counted_outcome() in
///   track/event.h).
/// - The other tables are replacing ones: a query reads them with FINAL. A connection of
///   `open_connections` is still open if `ended` is 0 and its row is at most two minutes older than
///   the newest row of its sensor.
///
/// A repeated insertion of a batch counts once. `stream` and `batch` identify it, and a part is
/// stored as a whole or not at all. MergeTree of 18.16 has no deduplication. Before the sender
/// repeats a batch on one server, it therefore queries which tables have it. In a cluster,
/// replicated tables drop a block that ZooKeeper knows, whichever replica receives it. `incoming`
/// is a Null table because the views of a replicated table would not run for a repeated block, even
/// if they had failed before.
///
/// In a cluster, the tables NAME_local hold the rows, and NAME is distributed over the shards.
/// Tested in tests/unit/store/schema_test.cc and, by servers, in tests/store/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql.h"
#include "store/tables.h"

namespace synfin {

/// Changes with each change of a table or view.
constexpr unsigned kSchemaVersion = 3;
/// The oldest version that migration_statements() brings up to date. Tables of older ones, which no
/// release had, lack columns that cannot be computed later, or store what is computed now.
constexpr unsigned kOldestSchemaVersion = 3;

/// `keep_days` takes effect when a table is created; ttl_statements() changes existing tables.
struct SchemaOptions {
  std::string database;
  std::string cluster;  ///< empty: one server
  unsigned keep_days = 400;
  bool has_ttl = true;  ///< the server can delete old rows by itself (since 19.6)
};

/// "connections", or in a cluster "connections_local".
std::string local_name(std::string_view table, bool cluster);

/// A column whose values a query computes.
struct ComputedColumn {
  std::string_view name;
  std::string expression;
};

/// A table that holds rows, as create_statements() creates it.
struct SchemaTable {
  std::string name;  ///< without "_local"
  std::vector<StoreColumn> columns;
  std::string engine;   ///< "MergeTree"
  std::string version;  ///< of a replacing engine: the column with the version
  std::string partition, order;
  std::vector<ComputedColumn> computed = {};
};
std::vector<SchemaTable> schema_tables();

/// Creates what does not exist yet.
std::vector<Sql> create_statements(const SchemaOptions& options);

/// Changes how long the existing tables keep rows. REQUIRES: options.has_ttl.
std::vector<Sql> ttl_statements(const SchemaOptions& options);

/// A column that a server has.
struct ExistingColumn {
  std::string table;
  StoreColumn column;
};
/// Adds the columns that `existing` lacks, gives enumerations their new words, and drops the views
/// if anything changes or `version` is an older one. The caller then executes create_statements(),
/// which create the views again. Empty if there is nothing to change.
std::vector<Sql> migration_statements(const SchemaOptions& options,
                                      const std::vector<ExistingColumn>& existing,
                                      unsigned version);

/// The query for `existing` of migration_statements(). Its rows are table, name, type.
Sql existing_columns_query(std::string_view database);

/// INSERT INTO … (columns) FORMAT Native, for rows of `table`. Rows of `connections` are inserted
/// into `incoming`, whose views distribute them.
Sql insert_statement(StoreTable table, bool cluster);

/// The same for `connections` alone, on one server: no view sees the rows.
Sql direct_insert_statement();

/// Inserts into an aggregate or `extremes` what the batches from `first` to `last` of a stream add
/// to it, computed from their rows in `connections`.
Sql refill_statement(std::string_view table, std::uint16_t day, std::uint32_t stream,
                     std::uint64_t first, std::uint64_t last);

}  // namespace synfin
