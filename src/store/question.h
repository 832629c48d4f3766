/// \file
/// Questions: what the subcommands with --from URL have in common: their options, the rows that
/// they are about, and the connection to the server.
///
///     options → Scope (a WHERE clause) ┐
///     [clickhouse] → StoreClient ──────┴→ Asker → rows of fields
///
/// The server aggregates; only results travel. No text of a person enters a statement unquoted.
/// Tested in tests/unit/store/question_test.cc and, by a server, in tests/store/questions.py.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/client.h"
#include "store/sql.h"
#include "synfin/base/cidr.h"
#include "synfin/base/five_tuple.h"
#include "synfin/base/time.h"
#include "synfin/cli/option_row.h"
#include "synfin/sandbox/sandbox.h"

namespace synfin {

struct QuestionOptions {
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

  SandboxMode sandbox_mode() const;
};

/// The file that the answer becomes.
struct AnswerFile {
  std::string path = "-";  ///< "-": none
  /// The command opens it after the first query, with the rights that it has then.
  bool is_opened_later = false;
};

/// Rows of a table of options. `options` must outlive them.
std::vector<OptionRow> question_rows(QuestionOptions& options);

/// The rows of a store that a question is about.
struct Scope {
  std::optional<Timestamp> since;  ///< first packet at or after it
  std::optional<Timestamp> until;  ///< and before it
  std::vector<std::string> sensors;
  std::vector<Cidr> nets;
  std::vector<std::uint16_t> ports;
  /// All services that connections of the scope have, if find_services() found few. Their rows are
  /// together in `connections`, so that a server reads no others.
  std::optional<std::vector<Endpoint>> services = {};

  /// Fails with kind Usage if a time is wrong.
  static Result<Scope> of(const QuestionOptions& options);

  /// True if both times are unset or midnights in UTC, so that `days` has the answer.
  bool has_whole_days() const;
  /// True if it names no services and no hosts.
  bool has_all_services() const { return ports.empty() && nets.empty(); }
  /// The conditions on rows of `connections`, or with `days` on those of the aggregates.
  Sql where(bool days) const;
};

/// One line of an answer. Fields that are missing or wrong read as 0.
class AnswerRow {
 public:
  explicit AnswerRow(std::vector<std::string> fields) : fields_(std::move(fields)) {}

  std::uint64_t number() { return static_cast<std::uint64_t>(signed_number()); }
  std::int64_t signed_number();
  Timestamp time() { return timestamp_from_ns(signed_number()); }
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

/// Asks a server, shows how far it is on a terminal, and ends the query on Ctrl-C.
class Asker {
 public:
  /// Reads [clickhouse]. The first query confines the process before it connects: root becomes
  /// another user, unless it opens `file` later, and the sandbox permits no file but `file` and no
  /// TCP connection but those to the ports of the store and to DNS. From then on, Ctrl-C ends
  /// queries. REQUIRES: no other thread runs.
  static Result<Asker> open(const QuestionOptions& options, AnswerFile file = {});

  Result<std::vector<AnswerRow>> ask(const Sql& statement);
  /// Passes the answer on in pieces.
  Status stream(const Sql& statement, const std::function<bool(std::string_view)>& take);
  const StoreUrl& url() const { return client_.url(); }

 private:
  Asker(StoreClient client, const QuestionOptions& options, AnswerFile file)
      : client_(std::move(client)),
        file_(std::move(file)),
        sandbox_(options.sandbox_mode()),
        is_verbose_(options.verbose) {}
  QueryOptions query_options();
  Status confine();

  StoreClient client_;
  AnswerFile file_;
  SandboxMode sandbox_;
  bool is_verbose_;
  unsigned queries_ = 0;
  bool confined_ = false;
};

/// Sets `scope.services` from `days`, if the scope has networks.
Status find_services(Asker& asker, Scope& scope);

}  // namespace synfin
