// `synfin store init`. See synfin/store/store.h.
#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <charconv>

#include "store/client.h"
#include "store/schema.h"
#include "store/settings.h"
#include "store/url.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/print_text.h"
#include "synfin/base/result.h"
#include "synfin/cli/option_parser.h"
#include "synfin/report/format.h"
#include "synfin/sandbox/privileges.h"
#include "synfin/store/store.h"

namespace synfin {
namespace {

constexpr const char* kUsage = "usage: synfin store init URL [OPTIONS]";
constexpr std::string_view kHelp =
    "Usage: synfin store init URL [OPTIONS]\n"
    "       synfin store import FILE... --store URL [OPTIONS]\n\n"
    "init creates the tables of the store, or brings them up to date.\n"
    "import stores the connections of captures or connection logs.\n\n"
    "More: man synfin-store.\n";
constexpr std::string_view kImportHelp =
    "Usage: synfin store import FILE... --store URL [OPTIONS]\n\n"
    "Stores the connections of captures, of connection logs of synfin or Zeek, or of\n"
    "folders of either. It is a run without a view, and takes the options of a run,\n"
    "which synfin --help lists. Files come first.\n\n"
    "Exit status: 0 done; 1 a file was damaged, or rows are not stored yet.\n"
    "More: man synfin-store.\n";

/// What a server has of the schema.
struct Existing {
  unsigned version = 0;  ///< 0: nothing
  std::string cluster;
  std::vector<ExistingColumn> columns;
};

struct ServerVersion {
  unsigned major = 0, minor = 0;

  bool has_ttl() const { return major > 19 || (major == 19 && minor >= 6); }
  bool has_stable_low_cardinality() const { return major >= 19; }
};

Result<ServerVersion> server_version(StoreClient& client) {
  const auto answer = client.query(sql("SELECT version()"));
  if (!answer) return answer.error();
  ServerVersion version;
  const char* const end = answer->data() + answer->size();
  const auto [dot, error] = std::from_chars(answer->data(), end, version.major);
  if (error != std::errc() || dot == end || *dot != '.')
    return Error{fmt::format("{} does not answer as ClickHouse does", client.host_text())};
  std::from_chars(dot + 1, end, version.minor);
  return version;
}

Result<Existing> read_existing(StoreClient& client, const std::string& database) {
  Existing existing;
  const auto answer = client.query(existing_columns_query(database));
  if (!answer) return answer.error();
  bool has_version = false;
  for (auto& row : StoreClient::parse_rows(*answer)) {
    if (row.size() != 3) continue;
    has_version = has_version || row[0] == "schema_version";
    existing.columns.push_back({row[0], {row[1], row[2]}});
  }
  if (!has_version) return existing;
  const auto version =
      client.query(sql("SELECT version, cluster FROM {}.schema_version", name_of(database)));
  if (!version) return version.error();
  const auto rows = StoreClient::parse_rows(*version);
  if (rows.size() != 1 || rows[0].size() != 2) return existing;
  std::from_chars(rows[0][0].data(), rows[0][0].data() + rows[0][0].size(), existing.version);
  existing.cluster = rows[0][1];
  return existing;
}

Result<int> print(const std::vector<Sql>& statements) {
  std::string text;
  for (const Sql& statement : statements) text += fmt::format("{};\n\n", statement.view());
  return print_text(text);
}

Result<StoreClient> open_client(const StoreUrl& url, const std::string& config_path) {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // no core dump of secrets
  auto config = load_config(config_path);
  if (!config) return config.error();
  auto credentials = read_store_settings(*config, &url);
  if (!credentials) return credentials.error();
  for (const std::string& warning : credentials->warnings) log(LogLevel::Warning, warning);
  if (auto dropped = drop_privileges(""); !dropped) return dropped.error();
  StoreUrl system = url;
  system.database = "default";  // the one of the address may not exist yet
  return StoreClient(std::move(system), std::move(*credentials));
}

Result<int> apply(StoreClient& client, const StoreUrl& url, const StoreInitQuery& given) {
  const auto version = server_version(client);
  if (!version) return version.error();
  const auto existing = read_existing(client, url.database);
  if (!existing) return existing.error();
  if (existing->version > kSchemaVersion) {
    return Error{fmt::format("the tables of {} have version {}, which is newer than this synfin",
                             url.database, existing->version)};
  }
  if (existing->version != 0 && existing->version < kOldestSchemaVersion) {
    return Error{
        fmt::format("the tables of {} have version {}, which cannot be brought up to date: "
                    "use another database, or drop this one",
                    url.database, existing->version)};
  }
  if (existing->version != 0 && !given.cluster.empty() && given.cluster != existing->cluster) {
    return usage_error(fmt::format(
        "the tables of {} are {}: a cluster needs a database of its own", url.database,
        existing->cluster.empty() ? "on one server" : "of the cluster " + existing->cluster));
  }
  SchemaOptions options{.database = url.database,
                        .cluster = given.cluster.empty() ? existing->cluster : given.cluster,
                        .has_ttl = version->has_ttl()};
  if (given.keep_days != 0) options.keep_days = given.keep_days;
  std::vector<Sql> statements = migration_statements(options, existing->columns, existing->version);
  const bool changes = existing->version == 0 || !statements.empty();
  if (changes) {
    for (Sql& statement : create_statements(options)) statements.push_back(std::move(statement));
  }
  const bool keeps = given.keep_days != 0 && existing->version != 0 && version->has_ttl();
  if (keeps) {
    for (Sql& statement : ttl_statements(options)) statements.push_back(std::move(statement));
  }
  QueryOptions query;
  if (!version->has_stable_low_cardinality())
    query.settings.emplace_back("allow_experimental_low_cardinality_type", "1");
  for (const Sql& statement : statements) {
    if (const Status done = client.execute(statement, query); !done) return done.error();
  }
  if (!version->has_ttl()) {
    log(LogLevel::Warning,
        fmt::format("{} cannot delete old rows by itself{}: drop old partitions of its tables, or "
                    "use a server from 19.6 on",
                    client.host_text(), given.keep_days == 0 ? "" : ", so --keep has no effect"));
  }
  return print_text(fmt::format("{}: the tables have version {}{}{}\n", url.database,
                                kSchemaVersion, changes ? "" : " already",
                                keeps ? fmt::format(", and keep rows for {} from now on",
                                                    plural(given.keep_days, "day", "days"))
                                      : ""));
}

Result<int> run_init(int argc, const char* const* argv) {
  StoreInitQuery options;
  const auto rows = store_init_rows(options);
  const std::string given = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
  const int skipped = given.empty() ? 0 : 1;
  const auto words = parse_words(rows, argc - skipped, argv + skipped);
  if (!words) return words.error();
  if (options.help)
    return print_text(
        help_text(rows,
                  "Usage: synfin store init URL [OPTIONS]\n\n"
                  "Creates the tables of the store, or brings them up to date.\n",
                  "\nExit status: 0 done; 1 the server refused or did not answer.\n"));
  if (given.empty() || !words->filter.empty()) return usage_error(kUsage);
  const auto url = parse_store_url(given);
  if (!url) return url.error();
  if (!options.cluster.empty() && !is_plain_name(options.cluster))
    return usage_error("--cluster takes a name of letters, digits and underscores");
  if (options.print) {
    SchemaOptions schema{.database = url->database, .cluster = options.cluster};
    if (options.keep_days != 0) schema.keep_days = options.keep_days;
    return print(create_statements(schema));
  }
  auto client = open_client(*url, options.config);
  if (!client) return client.error();
  return apply(*client, *url, options);
}

}  // namespace

std::vector<OptionRow> store_init_rows(StoreInitQuery& q) {
  constexpr std::string_view group = "Options";
  return {
      {group, "--print", "print the statements instead of applying them", flag(q.print)},
      {group, "--cluster", "replicated tables, distributed over the shards of the cluster NAME",
       text("NAME", q.cluster)},
      {group, "--keep",
       "delete rows older than DAYS days, also from existing tables (default: 400 for new ones)",
       number("DAYS", q.keep_days, 1, 36'500, "days")},
      {group, "--config", "read [clickhouse] of FILE; see synfin.conf(5)",
       text("FILE", q.config, Completion::File)},
      {group, "-h,--help", "print this help and exit", flag(q.help)}};
}

std::vector<const char*> store_import_words(int argc, const char* const* argv) {
  using namespace std::string_view_literals;
  std::vector<const char*> words;
  if (argc < 3 || argv[1] != "store"sv || argv[2] != "import"sv) return words;
  words.push_back(argv[0]);
  int next = 3;
  for (; next < argc && (argv[next][0] != '-' || argv[next] == "-"sv); ++next) {
    words.push_back("--read");
    words.push_back(argv[next]);
  }
  words.push_back("--view");
  words.push_back("none");
  words.insert(words.end(), argv + next, argv + argc);
  return words;
}

std::string check_store_import(const StoreOptions& options) {
  return options.url.empty() ? "synfin store import needs --store URL" : "";
}

std::optional<Result<int>> run_store_command(int argc, const char* const* argv) {
  const std::string_view action = argc > 1 ? argv[1] : "", next = argc > 2 ? argv[2] : "";
  if (action == "init") return run_init(argc - 1, argv + 1);
  if (action != "import")
    return answer_no_action("synfin store", {"init", "import"}, action, kHelp);
  if (next == "-h" || next == "--help") return print_text(kImportHelp);
  // Without files this would be a run on an interface.
  if (next.empty() || (next[0] == '-' && next != "-")) {
    return wrong_command("synfin store import",
                         "synfin store import names no file: synfin store import FILE... --store "
                         "URL, with the files first");
  }
  return std::nullopt;
}

}  // namespace synfin
