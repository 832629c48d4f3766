/// \file
/// What the subcommands with --from URL have in common: their options, the rows that they query,
/// and the connection to the server.
///
///     options → Scope (a WHERE clause) ┐
///     [clickhouse] → StoreClient ──────┴→ StoreSession → rows of fields
///
/// The server aggregates, and sends only results. Each text of the command line is quoted before it
/// becomes part of a statement.
/// Tested in tests/unit/store/store_session_test.cc and, by a server, in tests/store/queries.py.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/client.h"
#include "store/sql.h"
#include "synfin/base/cidr.h"
#include "synfin/base/five_tuple.h"
#include "synfin/base/time.h"
#include "synfin/base/time_range.h"
#include "synfin/cli/option_row.h"
#include "synfin/sandbox/helpers.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {

struct StoreQueryOptions {
  std::string from;  ///< the URL of a store
  std::string since_text, until_text;
  std::vector<std::string> sensors;  ///< empty: all
  std::vector<Cidr> nets;            ///< one end is in one of them; empty: all
  std::vector<std::uint16_t> ports;  ///< of responders; empty: all
  std::string config;
  std::string sandbox = "auto";
  bool utc = false;
  bool verbose = false;
  bool help = false;
};

/// Rows of a table of options. `options` must outlive them.
std::vector<OptionRow> store_query_rows(StoreQueryOptions& options);

constexpr const char* kIncompleteResult =
    "the result of the query is incomplete: the server stopped the query";
/// True if a result ends with the reason why the server has stopped the query. Its status is then
/// still 200, because it was sent before.
bool was_stopped(std::string_view end);

/// The rows of a store that are queried.
struct Scope {
  std::optional<Timestamp> since;  ///< first packet at or after it
  std::optional<Timestamp> until;  ///< and before it
  std::vector<std::string> sensors;
  std::vector<Cidr> nets;
  std::vector<std::uint16_t> ports;
  /// All services of the connections in the scope, if find_services() found few enough. The rows of
  /// a service are adjacent in `connections`, so a server reads only these.
  std::optional<std::vector<Endpoint>> services = {};

  /// Fails with kind Usage if a time is wrong.
  static Result<Scope> of(const StoreQueryOptions& options);

  /// True if each time is unset or midnight in UTC, so that `days` can be queried.
  bool has_whole_days() const;
  /// True if neither ports nor networks limit the services.
  bool has_all_services() const { return ports.empty() && nets.empty(); }
  /// The conditions on rows of `connections`, or with `days` on those of the aggregates.
  Sql where(bool days) const;
};

/// One row of a result. Each call takes the next field. A missing or wrong number reads as 0.
class ResultRow {
 public:
  explicit ResultRow(std::vector<std::string> fields) : fields_(std::move(fields)) {}

  std::uint64_t number() { return static_cast<std::uint64_t>(signed_number()); }
  std::int64_t signed_number();
  /// In the range of the times of packets, so that two of them can be subtracted.
  Timestamp time() { return std::clamp(timestamp_from_ns(signed_number()), kMinTime, kMaxTime); }
  /// From hex(x).
  Address address();
  std::string text() { return take(); }
  /// From an array of numbers.
  std::vector<double> numbers();

 private:
  std::string take() {
    return next_ < fields_.size() ? std::move(fields_[next_++]) : std::string();
  }

  std::vector<std::string> fields_;
  std::size_t next_ = 0;
};

/// Runs queries, shows their progress on a terminal, and cancels them on Ctrl-C.
class StoreSession {
 public:
  /// Reads [clickhouse], in a process without rights. The first query confines the process before
  /// it connects: root becomes another user, and the sandbox permits no file but `output`, the file
  /// that the result is written to, and no TCP connection but those to the ports of the store and
  /// to DNS. From then on, Ctrl-C ends queries. A helper process keeps the rights to replace
  /// `output` ("-": standard output), as long as the session exists. REQUIRES: no other thread
  /// runs, and `output` is not open yet.
  static Result<StoreSession> open(const StoreQueryOptions& options, std::string output = "-");

  Result<std::vector<ResultRow>> query(const Sql& statement);
  /// Passes the result to `take` in pieces, until it returns false or `cancelled` returns true.
  Status stream(const Sql& statement, const std::function<bool(std::string_view)>& take,
                const std::function<bool()>& cancelled);
  const StoreUrl& url() const { return client_.url(); }
  /// The host that answered last, with its port.
  std::string host_text() const { return client_.host_text(); }

 private:
  StoreSession(StoreClient client, const StoreQueryOptions& options, std::string output)
      : client_(std::move(client)),
        output_(std::move(output)),
        sandbox_(sandbox_mode_of(options.sandbox)),
        is_verbose_(options.verbose) {}
  QueryOptions query_options();
  Status start_helper();
  Status confine();

  StoreClient client_;
  std::string output_;
  std::unique_ptr<Helpers> helpers_;
  SandboxMode sandbox_;
  bool is_verbose_;
  unsigned queries_ = 0;
  bool confined_ = false;
};

/// Sets `scope.services` by a query of `days`, if networks limit the scope.
Status find_services(StoreSession& session, Scope& scope);

}  // namespace synfin
