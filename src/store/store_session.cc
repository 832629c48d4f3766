// See store_session.h.
#include "store/store_session.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "store/certificates.h"
#include "store/settings.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/result.h"
#include "synfin/base/seed.h"
#include "synfin/cli/config_file.h"
#include "synfin/cli/time_text.h"
#include "synfin/sandbox/privileges.h"

namespace synfin {
namespace {

constexpr std::int64_t kDay = std::int64_t{86'400} * 1'000'000'000;

constexpr std::size_t kMaxServices = 1000;  // about 70 bytes of a statement each
constexpr std::size_t kMaxResult = std::size_t{256} << 20;
constexpr std::ptrdiff_t kMaxFields = 16'000'000;  // about 40 bytes of memory each

volatile std::sig_atomic_t interrupted = 0;

/// A second signal ends the program at once.
void watch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

std::int64_t date_number(Timestamp t) { return to_ns(t) / kDay; }
bool is_midnight(std::optional<Timestamp> t) { return !t || to_ns(*t) % kDay == 0; }

Sql both(const Sql& first, const Sql& second) { return sql("{} AND {}", first, second); }

Sql in_net(const Cidr& net) {
  const Sql low = quoted(net.first()), high = quoted(net.last());
  return sql("(orig_h >= {} AND orig_h <= {} OR resp_h >= {} AND resp_h <= {})", low, high, low,
             high);
}

/// Servers use the primary key for a condition of this form.
Sql is_one_of(const std::vector<Endpoint>& services) {
  if (services.empty()) return sql("0");
  std::string text;
  for (const Endpoint& one : services)
    text +=
        fmt::format("{}({}, {})", text.empty() ? "" : ", ", one.port, quoted(one.address).view());
  return sql("(resp_p, resp_h) IN ({})", Sql::trusted(std::move(text)));
}

void show_progress(const QueryProgress& progress) {
  if (isatty(STDERR_FILENO) != 1 || progress.total_rows == 0) return;
  const std::uint64_t percent = progress.read_rows * 100 / progress.total_rows;
  print_to_stderr(fmt::format("\r{:3} % of {} rows ", std::min<std::uint64_t>(percent, 100),
                              progress.total_rows));
}

void clear_progress() {
  if (isatty(STDERR_FILENO) == 1) print_to_stderr("\r\x1b[K");
}

Result<std::optional<Timestamp>> point_in_time(const char* option, const std::string& text,
                                               Zone zone) {
  if (text.empty()) return std::optional<Timestamp>();
  const auto time = parse_time(text, zone);
  if (!time) {
    return usage_error(fmt::format(
        "{} takes a time such as 2026-03-01 or 2026-03-01T14:30:00Z, not '{}'", option, text));
  }
  return time;
}

}  // namespace

std::vector<OptionRow> store_query_rows(StoreQueryOptions& o) {
  constexpr std::string_view group = "Store";
  return {
      {group, "--from", "query the store at URL: clickhouse://HOST/DATABASE", text("URL", o.from)},
      {group, "--since", "only connections that began at or after TIME", time_text(o.since_text)},
      {group, "--until", "only connections that began before TIME", time_text(o.until_text)},
      {group, "--sensor", "only those that the sensor NAME saw; repeatable",
       list("NAME", o.sensors)},
      {group, "--net", "only those with an end in CIDR; repeatable", network_list("CIDR", o.nets)},
      {group, "--port", "only those to these ports: 80 or 80,443", port_list("P[,P]", o.ports)},
      {group, "--sandbox", "limit system calls and files: {} (default: auto)",
       choice<std::string>("MODE", o.sandbox,
                           {{"auto", "auto"}, {"strict", "strict"}, {"off", "off"}})},
      {group, "-v,--verbose", "print what confines the process", flag(o.verbose)},
      {group, "--utc", "print and read times in UTC instead of local time", flag(o.utc)},
      {group, "--config", "read [clickhouse] of FILE; see synfin.conf(5)",
       text("FILE", o.config, Completion::File)},
      {group, "-h,--help", "print this help and exit", flag(o.help)}};
}

Result<Scope> Scope::of(const StoreQueryOptions& o) {
  const Zone zone = o.utc ? Zone::Utc : Zone::Local;
  const auto since = point_in_time("--since", o.since_text, zone);
  if (!since) return since.error();
  const auto until = point_in_time("--until", o.until_text, zone);
  if (!until) return until.error();
  if (*since && *until && **since >= **until)
    return usage_error("no connection begins between --since and --until: until must be later");
  return Scope{*since, *until, o.sensors, o.nets, o.ports, {}};
}

bool Scope::has_whole_days() const { return is_midnight(since) && is_midnight(until); }

Sql Scope::where(bool days) const {
  Sql all = sql("1");
  if (since) {
    all = both(all, sql("day >= toDate({})", date_number(*since)));
    if (!days) all = both(all, sql("ts >= {}", to_ns(*since)));
  }
  if (until) {
    const bool midnight = is_midnight(until);
    all = midnight ? both(all, sql("day < toDate({})", date_number(*until)))
                   : both(all, sql("day <= toDate({})", date_number(*until)));
    if (!days) all = both(all, sql("ts < {}", to_ns(*until)));
  }
  if (!sensors.empty()) {
    Sql any = quoted(sensors[0]);
    for (std::size_t i = 1; i < sensors.size(); ++i) any = sql("{}, {}", any, quoted(sensors[i]));
    all = both(all, sql("sensor IN ({})", any));
  }
  if (!ports.empty()) {
    Sql any = sql("{}", ports[0]);
    for (std::size_t i = 1; i < ports.size(); ++i) any = sql("{}, {}", any, ports[i]);
    all = both(all, sql("resp_p IN ({})", any));
  }
  if (!nets.empty()) {
    Sql any = in_net(nets[0]);
    for (std::size_t i = 1; i < nets.size(); ++i) any = sql("{} OR {}", any, in_net(nets[i]));
    all = both(all, sql("({})", any));
  }
  if (services && !days) all = both(all, is_one_of(*services));
  return all;
}

std::int64_t ResultRow::signed_number() {
  const std::string field = take();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  if (error != std::errc::result_out_of_range) return number;
  std::uint64_t large = 0;
  std::from_chars(field.data(), field.data() + field.size(), large);
  return static_cast<std::int64_t>(large);
}

Address ResultRow::address() {
  const std::string field = take();
  if (field.size() != 32) return {};
  std::uint64_t halves[2] = {};
  for (int i = 0; i < 2; ++i)
    std::from_chars(field.data() + 16 * i, field.data() + 16 * (i + 1), halves[i], 16);
  return Address::from_halves(halves[0], halves[1]);
}

std::vector<double> ResultRow::numbers() {
  const std::string field = take();
  std::vector<double> all;
  const char* at = field.c_str();
  while (*at == '[' || *at == ',') {
    char* end = nullptr;
    const double value = std::strtod(++at, &end);
    if (end == at) break;
    all.push_back(value);
    at = end;
  }
  return all;
}

bool was_stopped(std::string_view end) {
  constexpr std::size_t kReason = 4096;  // a reason may have several lines
  end.remove_prefix(end.size() - std::min(end.size(), kReason));
  return end.starts_with("Code: ") || end.find("\nCode: ") != end.npos;
}

Result<StoreSession> StoreSession::open(const StoreQueryOptions& options, std::string output) {
  auto url = parse_store_url(options.from);
  if (!url) return url.error();
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // no core dump of secrets
  auto config = load_config(options.config);
  if (!config) return config.error();
  auto credentials = read_store_settings(*config, &*url);
  if (!credentials) return credentials.error();
  for (const std::string& warning : credentials->warnings) log(LogLevel::Warning, warning);
  if (const Status loaded = load_curl(); !loaded) return loaded.error();
  StoreSession session(StoreClient(std::move(*url), std::move(*credentials)), options,
                       std::move(output));
  if (const Status started = session.start_helper(); !started) return started.error();
  return Result<StoreSession>(std::move(session));
}

QueryOptions StoreSession::query_options() {
  QueryOptions options;
  options.query_id = fmt::format("synfin-{}-{:016x}-{}", getpid(), random_seed(), ++queries_);
  options.settings = {{"send_progress_in_http_headers", "1"},
                      {"http_headers_progress_interval_ms", "200"},
                      {"max_bytes_before_external_sort", "1000000000"},
                      {"max_execution_time", "3600"}};
  options.cancelled = [] { return interrupted != 0; };
  options.progress = show_progress;
  return options;
}

/// Only a process with rights that it gives up needs a helper.
Status StoreSession::start_helper() {
  if (output_ == "-" || (!running_as_root() && !has_any_capability())) return Ok{};
  HelperPlan plan;
  FileHelperRules rules;
  if (running_as_root()) {
    const auto user = choose_user("");
    if (!user) return user.error();
    if (user->uid == 0) return Ok{};
    plan.user = *user;
    if (user->owns_files) rules.owner = FileHelperRules::Owner{user->uid, user->gid};
  }
  rules.outputs = {OutputName::exact(output_)};
  rules.output_places = {output_};
  plan.files = std::move(rules);
  auto helpers = Helpers::start(std::move(plan));
  if (!helpers) return helpers.error();
  helpers_ = std::move(*helpers);
  return Ok{};
}

Status StoreSession::confine() {
  if (std::exchange(confined_, true)) return Ok{};
  auto dropped = drop_privileges("");
  if (!dropped) return dropped.error();
  std::vector<std::string> details = std::move(*dropped);
  for (const pid_t process : helpers_ ? helpers_->processes() : std::vector<pid_t>{})
    details.push_back(fmt::format("process {} helps with what needs rights", process));
  SandboxPlan plan;
  plan.mode = sandbox_;
  plan.resolves_names = true;
  for (const StoreHost& host : client_.url().hosts) plan.connect_ports.push_back(host.port);
  plan.readable.assign(std::begin(kCertificatePlaces), std::end(kCertificatePlaces));
  if (output_ != "-") plan.writable.push_back(output_);
  const auto entered = enter_sandbox(std::move(plan));
  if (!entered) return entered.error();
  details.insert(details.end(), entered->details.begin(), entered->details.end());
  if (!entered->missing.empty()) details.push_back(entered->missing);
  if (is_verbose_) {
    for (const std::string& detail : details) log(LogLevel::Info, detail);
  }
  watch_signals();
  return Ok{};
}

Result<std::vector<ResultRow>> StoreSession::query(const Sql& statement) {
  if (const Status confined = confine(); !confined) return confined.error();
  std::string text;
  QueryOptions options = query_options();
  options.settings.emplace_back("wait_end_of_query", "1");  // an error then precedes all rows
  options.take = [&text](std::string_view piece) {
    text += piece;
    return text.size() <= kMaxResult;
  };
  const auto answer = client_.query(statement, options);
  clear_progress();
  const auto ends =
      std::count_if(text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n'; });
  if (text.size() > kMaxResult || ends > kMaxFields)
    return Error{
        "the result of the query is too large: limit it by --since, --until, --net or --port"};
  if (!answer) return answer.error();
  if (was_stopped(text)) return Error{kIncompleteResult};
  std::vector<ResultRow> rows;
  for (std::vector<std::string>& fields : StoreClient::parse_rows(text))
    rows.emplace_back(std::move(fields));
  return rows;
}

Status StoreSession::stream(const Sql& statement, const std::function<bool(std::string_view)>& take,
                            const std::function<bool()>& cancelled) {
  if (const Status confined = confine(); !confined) return confined;
  QueryOptions options = query_options();
  options.take = take;
  options.cancelled = [&cancelled] { return interrupted != 0 || cancelled(); };
  const auto answer = client_.query(statement, options);
  clear_progress();
  if (!answer) return answer.error();
  return Ok{};
}

Status find_services(StoreSession& session, Scope& scope) {
  if (scope.nets.empty()) return Ok{};
  auto rows = session.query(
      sql("SELECT DISTINCT hex(resp_h), resp_p FROM days WHERE {} LIMIT {} FORMAT TabSeparated",
          scope.where(true), kMaxServices + 1));
  if (!rows) return rows.error();
  if (rows->size() > kMaxServices) return Ok{};
  scope.services.emplace();
  for (ResultRow& row : *rows) {
    const Address address = row.address();
    scope.services->push_back({address, static_cast<std::uint16_t>(row.number())});
  }
  return Ok{};
}

}  // namespace synfin
