// `synfin connections`. See connections_query.h and synfin/store/query_commands.h.
#include "store/connections_query.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>
#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/print_text.h"
#include "synfin/cli/option_parser.h"
#include "synfin/store/query_commands.h"
#include "synfin/track/connection.h"

namespace synfin {
namespace {

/// A log without records, for an answer without rows. A query that fails before the first row has
/// no log at all.
constexpr std::string_view kEmptyLog =
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\n";

pid_t query_process = -1;

struct ConnectionsCommand {
  StoreQueryOptions store;
  std::string output = "-";
  std::string format = "zeek";
};

std::vector<OptionRow> connections_rows(ConnectionsCommand& c) {
  std::vector<OptionRow> rows = store_query_rows(c.store);
  constexpr std::string_view group = "Output";
  rows.push_back({group, "--log", "write to FILE (default: standard output)",
                  text("FILE", c.output, Completion::File)});
  rows.push_back({group, "--log-format", "{} (default: zeek)",
                  choice<std::string>("FORMAT", c.format,
                                      {{"zeek", "zeek"}, {"json", "json"}, {"csv", "csv"}})});
  return rows;
}

/// Seconds with nine decimals.
Sql seconds(const Sql& x) {
  return sql(
      "concat(toString(intDiv({0}, 1000000000)), '.', substring(toString(1000000000 + {0} % "
      "1000000000), 2))",
      x);
}
Sql interval(const Sql& x) { return sql("if({0} < 0, NULL, {1})", x, seconds(x)); }
Sql address(const Sql& x) {
  return sql("replaceRegexpOne(IPv6NumToString({}), '^::ffff:([0-9]+[.][0-9.]+)$', '\\\\1')", x);
}
Sql unless_empty(const Sql& x) { return sql("nullIf(toString({}), '')", x); }
Sql unless_zero(const Sql& x) { return sql("if({0} = 0, NULL, {0})", x); }
Sql unless_none(const Sql& x) { return sql("if(toInt8({0}) = 0, NULL, toString({0}))", x); }
Sql word(const Sql& x) { return sql("toString({})", x); }
Sql if_lasting(const Sql& x) { return sql("if(duration < 0, NULL, {})", x); }
Sql truth(const Sql& x) { return sql("if({0} < 0, NULL, if({0} = 1, 'T', 'F'))", x); }

/// The columns of a connection log.
Sql log_columns_query() {
  std::string text;
  const auto add = [&](std::string_view name, const Sql& value) {
    text += fmt::format("{}{} AS `{}`", text.empty() ? "" : ", ", value.view(), name);
  };
  const auto add_plain = [&](std::string_view name) { add(name, Sql::trusted(std::string(name))); };
  add("_ts", seconds(sql("ts")));
  add("_orig_h", address(sql("orig_h")));
  add("_orig_p", sql("orig_p"));
  add("_resp_h", address(sql("resp_h")));
  add("_resp_p", sql("resp_p"));
  add("_duration", interval(sql("duration")));
  add("_orig_bytes", if_lasting(sql("orig_bytes")));
  add("_resp_bytes", if_lasting(sql("resp_bytes")));
  for (const char* const name :
       {"missed_bytes", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes", "ip_proto"})
    add_plain(name);
  add("_synack_rtt", interval(sql("synack_rtt")));
  add("_ack_rtt", interval(sql("ack_rtt")));
  add("_syn_retries", sql("if(own_columns = 0, NULL, syn_retries)"));
  add("_evicted", sql("if(own_columns = 0, NULL, if(evicted = 1, 'T', 'F'))"));
  add("_local_orig", truth(sql("orig_local")));
  add("_local_resp", truth(sql("resp_local")));
  for (const char* const name :
       {"conn_state", "outcome", "history", "bytes_basis", "direction_basis"})
    add(fmt::format("_{}", name), word(Sql::trusted(name)));
  for (const char* const name : {"closed_by", "rst_basis", "cause", "cause_confidence"})
    add(fmt::format("_{}", name), unless_none(Sql::trusted(name)));
  for (const char* const name :
       {"tunnel", "orig_name", "resp_name", "orig_cc", "resp_cc", "orig_as_org", "resp_as_org",
        "cause_evidence", "orig_user", "orig_exe", "resp_user", "resp_exe", "process_basis"})
    add(fmt::format("_{}", name), unless_empty(Sql::trusted(name)));
  for (const char* const name :
       {"vlan", "orig_asn", "resp_asn", "out_of_window", "orig_pid", "resp_pid"})
    add(fmt::format("_{}", name), unless_zero(Sql::trusted(name)));
  return Sql::trusted(std::move(text));
}

/// The names of the columns of log_columns_query() in a log.
Sql named_columns() {
  std::string text = "'tcp' AS proto";
  for (const auto& [column, name] : {std::pair<const char*, const char*>{"_ts", "ts"},
                                     {"_orig_h", "id.orig_h"},
                                     {"_orig_p", "id.orig_p"},
                                     {"_resp_h", "id.resp_h"},
                                     {"_resp_p", "id.resp_p"}})
    text += fmt::format(", {} AS `{}`", column, name);
  for (const char* const name :
       {"duration",       "orig_bytes",   "resp_bytes",       "synack_rtt",      "ack_rtt",
        "syn_retries",    "evicted",      "local_orig",       "local_resp",      "conn_state",
        "outcome",        "history",      "bytes_basis",      "direction_basis", "closed_by",
        "rst_basis",      "cause",        "cause_confidence", "tunnel",          "orig_name",
        "resp_name",      "orig_cc",      "resp_cc",          "orig_as_org",     "resp_as_org",
        "cause_evidence", "vlan",         "orig_asn",         "resp_asn",        "out_of_window",
        "orig_pid",       "orig_user",    "orig_exe",         "resp_pid",        "resp_user",
        "resp_exe",       "process_basis"})
    text += fmt::format(", _{0} AS {0}", name);
  for (const char* const name :
       {"missed_bytes", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes", "ip_proto"})
    text += fmt::format(", {}", name);
  return Sql::trusted(std::move(text));
}

Sql ports_condition(const ShowValue& v) {
  return sql("(orig_p BETWEEN {0} AND {1} OR resp_p BETWEEN {0} AND {1})", v.low, v.high);
}

/// Unset if the value is a name, which only the run that reads the rows can compare.
std::optional<Sql> host_condition(ShowKey key, const ShowValue& v) {
  if (!v.network) return std::nullopt;
  const Sql low = quoted(v.network->first()), high = quoted(v.network->last());
  const Sql orig = sql("(orig_h >= {} AND orig_h <= {})", low, high);
  const Sql resp = sql("(resp_h >= {} AND resp_h <= {})", low, high);
  if (key == ShowKey::Orig) return orig;
  if (key == ShowKey::Resp) return resp;
  return sql("({} OR {})", orig, resp);
}

std::optional<Sql> outcome_condition(const ShowValue& v) {
  for (int i = 0; i < kOutcomes; ++i) {
    const std::string_view name = to_string(static_cast<Outcome>(i));
    if (name == v.text) return sql("outcome = {}", quoted(name));
  }
  return std::nullopt;
}

std::optional<Sql> condition_of(ShowKey key, const ShowValue& v) {
  switch (key) {
    case ShowKey::Port:
      return ports_condition(v);
    case ShowKey::Host:
    case ShowKey::Orig:
    case ShowKey::Resp:
      return host_condition(key, v);
    case ShowKey::Outcome:
      return outcome_condition(v);
    default:
      return std::nullopt;
  }
}

/// A condition that is true if one of the values matches; unset if SQL cannot express it.
std::optional<Sql> condition_of(const ShowTerm& term) {
  if (term.negated) return std::nullopt;
  Sql any = sql("0");
  for (const ShowValue& value : term.values) {
    const auto one = condition_of(term.key, value);
    if (!one) return std::nullopt;
    any = sql("{} OR {}", any, *one);
  }
  return sql("({})", any);
}

bool write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Servers write "/" in JSON as "\/", which readers of logs would show as it is.
class SlashUnescaper {
 public:
  /// Valid until the next call. A backslash at the end belongs to the next piece.
  std::string_view operator()(std::string_view piece) {
    out_.clear();
    for (const char c : piece) {
      if (!escaped_ && c == '\\') {
        escaped_ = true;
        continue;
      }
      if (escaped_ && c != '/') out_ += '\\';
      out_ += c;
      escaped_ = false;
    }
    return out_;
  }

 private:
  std::string out_;
  bool escaped_ = false;
};

/// Why an answer that begins with `first` is no result; empty if it is one.
std::string fault_of(std::string_view first, const std::string& host) {
  if (first.starts_with('{')) return {};
  if (was_stopped(first)) return kIncompleteResult;
  return fmt::format("the answer of {} is no result of a query: is it a ClickHouse server?", host);
}

/// True if nothing reads standard output, which is a pipe.
bool has_no_reader() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return poll(&output, 1, 0) > 0;
}

/// The work of the child. Returns its exit code.
int write_rows(StoreSession& session, Scope& scope, const ShowExpression& expression) {
  std::signal(SIGPIPE, SIG_IGN);
  if (const Status found = find_services(session, scope); !found) {
    log(LogLevel::Error, found.error().message);
    return 1;
  }
  const Sql query = connections_query(scope, expression);
  bool any = false, stopped = false;
  SlashUnescaper unescaped;
  constexpr std::size_t kTail = 512;
  std::string tail;  ///< the end of the rows, where a server writes why it has stopped a query
  std::string fault;
  const auto take = [&](std::string_view piece) {
    if (piece.empty()) return true;
    if (!std::exchange(any, true)) fault = fault_of(piece, session.host_text());
    if (!fault.empty()) return false;
    tail.append(piece.substr(piece.size() - std::min(piece.size(), kTail)));
    tail.erase(0, tail.size() - std::min(tail.size(), kTail));
    stopped = !write_all(unescaped(piece));
    return !stopped;
  };
  const Status done = session.stream(query, take, has_no_reader);
  if (stopped || has_no_reader()) return 0;  // the reader has enough
  if (was_stopped(tail)) fault = kIncompleteResult;
  if (fault.empty() && !done) fault = done.error().message;
  if (!fault.empty()) {
    log(LogLevel::Error, fault);
    return 1;
  }
  return any || write_all(kEmptyLog) ? 0 : 1;
}

/// Starts the child whose output is the standard input of this process from then on.
Status start_query_process(StoreSession& session, Scope& scope, const ShowExpression& expression) {
  int ends[2] = {-1, -1};
  const auto failed = [] {
    return Error{fmt::format("cannot start a process that queries the store: {}", errno_text())};
  };
  if (pipe2(ends, O_CLOEXEC) != 0) return failed();
  query_process = fork();
  if (query_process == 0) {
    int code = 1;
    if (dup2(ends[1], STDOUT_FILENO) >= 0) {
      close(ends[0]);
      close(ends[1]);
      code = write_rows(session, scope, expression);
    }
    _exit(code);
  }
  const bool started = query_process > 0 && dup2(ends[0], STDIN_FILENO) >= 0;
  close(ends[0]);
  close(ends[1]);
  if (!started) return failed();
  return Ok{};
}

/// Waits for the first bytes of the log. Returns false if the process ends without any.
bool wait_for_log() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (poll(&input, 1, -1) < 0 && errno == EINTR) continue;
  return (input.revents & POLLIN) != 0;
}

}  // namespace

Sql conditions_of(const ShowExpression& expression) {
  Sql all = sql("1");
  for (const ShowTerm& term : expression.terms()) {
    if (const auto condition = condition_of(term)) all = sql("{} AND {}", all, *condition);
  }
  return all;
}

Sql connections_query(const Scope& scope, const ShowExpression& expression) {
  return sql(
      "SELECT {} FROM (SELECT ts AS w1, {} FROM connections WHERE {} AND {}) ORDER BY w1 "
      "FORMAT JSONEachRow",
      named_columns(), log_columns_query(), scope.where(false), conditions_of(expression));
}

Result<std::vector<std::string>> connections_words(int argc, const char* const* argv) {
  if (argc < 2 || std::string_view(argv[1]) != "connections") return std::vector<std::string>();
  ConnectionsCommand command;
  const std::vector<OptionRow> rows = connections_rows(command);
  const auto words = parse_command("synfin connections", rows, argc - 1, argv + 1);
  if (!words) return words.error();
  if (command.store.help) {
    const auto printed =
        print_text(help_text(rows,
                             "Usage: synfin connections --from URL [OPTIONS] [EXPR]\n\n"
                             "Prints the connections of a store that EXPR selects, as --show "
                             "does.\n",
                             "\nMore: man synfin-connections.\n"));
    if (!printed) return printed.error();
    std::exit(0);  // NOLINT(concurrency-mt-unsafe): no other thread exists
  }
  if (command.store.from.empty())
    return Error{"usage: synfin connections --from URL [OPTIONS] [EXPR]", ErrorKind::Usage};
  std::string text;
  for (const std::string& one : *words) text += (text.empty() ? "" : " ") + one;
  const auto expression = ShowExpression::parse(text);
  if (!expression)
    return Error{fmt::format("'{}', {}", text, expression.error().message), ErrorKind::Usage};
  auto scope = Scope::of(command.store);
  if (!scope) return scope.error();
  auto session = StoreSession::open(command.store);
  if (!session) return session.error();
  if (const Status started = start_query_process(*session, *scope, *expression); !started)
    return started.error();
  if (!wait_for_log()) {
    (void)end_connections_query();
    return Error{
        fmt::format("the query failed{}",
                    command.output == "-" ? "" : ", and " + command.output + " is unchanged")};
  }
  std::vector<std::string> run{"synfin",
                               "--read",
                               "-",
                               "--view",
                               "none",
                               "--log",
                               command.output,
                               "--log-format",
                               command.format,
                               "--sandbox",
                               command.store.sandbox};
  if (!text.empty()) run.insert(run.end(), {"--show", text});
  if (command.store.utc) run.emplace_back("--utc");
  return run;
}

std::vector<OptionRow> connections_option_rows() {
  static ConnectionsCommand command;
  return connections_rows(command);
}

int end_connections_query() {
  if (query_process <= 0) return 0;
  close(STDIN_FILENO);  // if the run has not read everything, the child ends
  int status = 0;
  while (waitpid(query_process, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace synfin
