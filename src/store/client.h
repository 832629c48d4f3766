/// \file
/// StoreClient: statements to a ClickHouse server by its HTTP interface.
///
///     Sql → POST → a host of the address, the next one if it cannot be reached → answer
///
/// Answers are hostile text. Protocol: https://clickhouse.com/docs/en/interfaces/http.
/// Tested in tests/unit/store/client_test.cc and, with servers, in tests/store/.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/settings.h"
#include "store/sql.h"
#include "store/url.h"
#include "synfin/base/result.h"
#include "synfin/net/transfers.h"

namespace synfin {

/// The progress of a query.
struct QueryProgress {
  std::uint64_t read_rows = 0;
  std::uint64_t total_rows = 0;  ///< 0: unknown
};

/// Why a statement has no result.
struct StoreFailure {
  std::string sentence;
  /// The server was reached, so it may have executed the statement, or a part of it. Not if it, or
  /// a proxy before it, answered that the request is too large (HTTP 413).
  bool uncertain = false;
  bool refused = false;    ///< the server answered with an error
  bool too_large = false;  ///< HTTP 413, or the server had too little memory
  bool cancelled = false;
};

/// How a statement runs.
struct QueryOptions {
  using Settings = std::vector<std::pair<std::string, std::string>>;

  std::string query_id = {};  ///< letters, digits and dashes; empty: the server chooses
  Settings settings = {};     ///< "max_threads", "2"
  /// Receives the answer in pieces. If it returns false, the query ends.
  std::function<bool(std::string_view)> take = {};
  bool idempotent = true;                ///< may be executed twice, and so be sent twice
  std::function<bool()> cancelled = {};  ///< returns true if the query is to end
  std::function<void(const QueryProgress&)> progress = {};
};

/// Limits of every request of a client.
struct StoreLimits {
  Duration longest = std::chrono::hours{1};     ///< a request in total
  Duration stalled = std::chrono::seconds{60};  ///< while no byte passes, and to connect
  /// Returns true if requests are to end. It is called a few times a second.
  std::function<bool()> cancelled = {};
};

/// Used by one thread at a time.
class StoreClient {
 public:
  StoreClient(StoreUrl url, StoreCredentials credentials, StoreLimits limits = {});

  /// The answer, at most 16 MiB of it; empty if options.take receives it.
  /// A query that is cancelled is also ended on the server, if it has a query_id and the server
  /// answers within 3 s.
  Result<std::string> query(const Sql& statement, const QueryOptions& options = {});
  /// As query(), for statements that return nothing.
  Status execute(const Sql& statement, const QueryOptions& options = {});
  /// Inserts rows. `body` holds blocks of compress_blocks(). `statement` ends with "FORMAT …".
  /// Returns an empty sentence if the server has stored them.
  StoreFailure insert(const Sql& statement, std::string_view body, const QueryOptions& options);

  /// Each field of an answer in the format TabSeparated, unescaped.
  static std::vector<std::vector<std::string>> parse_rows(std::string_view tab_separated);

  const StoreUrl& url() const { return url_; }
  /// True if a server answered the last statement, perhaps with an error.
  bool answered() const { return answered_; }
  /// The host that answered last, with its port.
  std::string host_text() const;
  std::size_t host() const { return host_; }
  /// From now on, only these hosts of the address are used. REQUIRES: not empty.
  void use_hosts(std::vector<std::size_t> hosts);
  /// The next host will be tried first.
  void skip_host();

 private:
  TransferRequest request(std::string_view body, const QueryOptions& options,
                          std::string_view statement) const;
  bool is_cancelled(const QueryOptions& options) const;
  TransferAnswer send(std::string_view body, const QueryOptions& options,
                      std::string_view statement);
  StoreFailure failure_of(const TransferAnswer& answer) const;
  void end_on_server(const std::string& query_id);

  StoreUrl url_;
  StoreCredentials credentials_;
  StoreLimits limits_;
  std::vector<std::size_t> hosts_;  ///< indexes in url_.hosts
  std::size_t host_ = 0;            ///< index in url_.hosts
  bool answered_ = false;
  Transfers transfers_;
};

}  // namespace synfin
