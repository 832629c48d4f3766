// See confinement.h.
#include "app/confinement.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "app/session_input.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/file_helper.h"
#include "synfin/enrich/dns_client.h"
#include "synfin/enrich/geoip.h"
#include "synfin/inventory/database.h"
#include "synfin/report/report_sink.h"
#include "synfin/sandbox/privileges.h"
#include "synfin/view/frequent_file.h"
#include "synfin/view/terminal_guard.h"

namespace synfin {
namespace {

/// The report of the full screen's key w, in the working folder, if no option names another one.
constexpr const char* kScreenReport = "synfin-report-";

bool may_write_screen_report(const Options& options) {
  return options.report.empty() && isatty(STDOUT_FILENO) == 1;
}

bool asks_dns(const Options& options) {
  return options.enrichment.resolve_names && !options.enrichment.no_names;
}

/// The files and folders that the options name for reading.
std::vector<std::string> named_inputs(const Options& options) {
  std::vector<std::string> paths;
  for (const std::string& path : options.read)
    if (path != "-") paths.push_back(path);
  for (const auto& more : {options.filters.filter_files, options.filters.rules}) {
    paths.insert(paths.end(), more.begin(), more.end());
  }
  for (const std::string& path : options.enrichment.geoip) {
    paths.push_back(path);
    paths.push_back(path + ".attribution");
  }
  for (const std::string& path : options.inventory.inputs()) paths.push_back(path);
  if (!options.filter_file.empty()) paths.push_back(options.filter_file);
  return paths;
}

/// Paths in whose folders, and in folders below those, outputs are created.
std::vector<std::string> output_places(const Options& options) {
  std::vector<std::string> paths;
  for (std::string path : {options.live.write, options.log, options.events, options.report}) {
    if (path.empty() || path == "-") continue;
    const std::size_t varies = options.live.rotation.seconds == 0 ? path.npos : path.find('%');
    if (varies != path.npos && path.find('/', varies) != path.npos) {
      path.resize(varies);
      path.resize(path.rfind('/') + 1);  // npos + 1 is 0: the working folder
    }
    paths.push_back(std::move(path));
  }
  if (options.save_threshold >= 0)
    paths.push_back(FrequentFile::path_begin(options.save_threshold));
  if (may_write_screen_report(options)) paths.emplace_back(kScreenReport);
  return paths;
}

SandboxPlan sandbox_plan(const Options& options) {
  SandboxPlan plan;
  plan.before_end = &restore_terminal;
  plan.accepts = !options.metrics.listen.empty();
  plan.mode = options.sandbox;
  plan.readable = named_inputs(options);
  for (const std::string& place : default_geoip_places()) plan.readable.push_back(place);
  plan.replaceable = options.enrichment.geoip;
  plan.writable = output_places(options);
  if (!options.inventory.state.empty()) plan.databases.push_back(options.inventory.state);
  if (!options.store.url.empty()) plan.databases.push_back(options.store.spool_folder() + "/");
  plan.looks_into_namespaces =
      running_as_root() && options.read.empty() && options.enrichment.process;
  // Host names in an expression or in --dest are looked up by the C library.
  plan.resolves_names = asks_dns(options) || !options.filter.empty() ||
                        !options.filter_file.empty() || !options.dest.empty();
  if (const auto port = dns_server_port(options.enrichment.dns_server); port != 0)
    plan.dns_ports.push_back(port);
  return plan;
}

Status open_with_rights(const Options& options, OpenedWithRights& opened) {
  RunServices& services = opened.services;
  auto metrics = open_metrics_socket(options.metrics);
  if (!metrics) return metrics.error();
  services.metrics = std::move(*metrics);
  if (!options.read.empty()) return Ok{};
  auto live = open_interfaces(options);
  if (!live) return live.error();
  opened.live = std::move(*live);
  if (!options.enrichment.process) return Ok{};
  auto events = SocketEvents::open();
  if (events) services.socket_events = std::move(*events);
  if (!events) opened.details.push_back(events.error().message);
  return Ok{};
}

}  // namespace

std::vector<OutputName> output_names(const Options& options) {
  std::vector<OutputName> names;
  const bool by_time = options.live.rotation.seconds != 0;
  for (const std::string& path : {options.live.write, options.log}) {
    if (path.empty() || path == "-") continue;
    names.push_back(options.live.rotation.any() ? OutputName::rotating(path, by_time)
                                                : OutputName::exact(path));
  }
  for (const std::string& path : {options.events, options.report}) {
    if (!path.empty() && path != "-") names.push_back(OutputName::exact(path));
  }
  for (std::string& path : csv_report_files(options.report, options.report_format))
    names.push_back(OutputName::exact(std::move(path)));
  if (options.save_threshold >= 0) {
    names.push_back(
        OutputName::with_word(FrequentFile::path_begin(options.save_threshold), ".txt"));
  }
  if (may_write_screen_report(options))
    names.push_back(OutputName::with_word(kScreenReport, ".txt"));
  return names;
}

Result<HelperPlan> helper_plan(const Options& options) {
  HelperPlan plan;
  const bool live = options.read.empty();
  // Also without rights: the sandbox keeps the parser from looking at other processes.
  plan.processes = live && options.enrichment.process;
  const bool root = running_as_root();
  const Result<TargetUser> user = root ? choose_user(options.live.user)
                                       : TargetUser{.name = {}, .uid = getuid(), .gid = getgid()};
  if (!user) return user.error();
  const Status made = prepare_state_folder(options.inventory.state, user->uid, user->gid);
  if (!made) return made.error();
  if (root ? user->uid == 0 : !has_any_capability()) return plan;
  FileHelperRules rules;
  if (root) {
    plan.user = *user;
    if (user->owns_files || options.live.rotation.any())
      rules.owner = FileHelperRules::Owner{user->uid, user->gid};
  }
  const auto& interfaces = options.live.interfaces;
  rules.inputs = named_inputs(options);
  rules.outputs = output_names(options);
  rules.removable = csv_report_files(options.report, options.report_format);
  rules.output_places = output_places(options);
  rules.packet_sockets = live && std::any_of(interfaces.begin(), interfaces.end(),
                                             [](const std::string& name) { return name != "any"; });
  rules.replaceable = options.enrichment.geoip;
  if (asks_dns(options)) rules.replaceable.emplace_back(kResolverFile);
  if (rules.any()) plan.files = std::move(rules);
  return plan;
}

void warn_if_not_reopenable(const Options& options) {
  if ((!options.live.rotation.any() && !options.read.empty()) || file_helper() != nullptr) return;
  for (const std::string& file : {options.log, options.events, options.live.write}) {
    const std::string now = FileNames(file, options.live.rotation).first(std::time(nullptr));
    if (file.empty() || is_own_descriptor(file) || can_create_again(now)) continue;
    log(LogLevel::Warning,
        fmt::format("{} cannot be opened again on SIGHUP: this user may not create files in its "
                    "folder; change its owner, or name a user with -Z",
                    file));
  }
}

Result<OpenedWithRights> confine(const Options& options, ConfigFile& config) {
  OpenedWithRights opened;
  RunServices& services = opened.services;
  auto plan = helper_plan(options);
  if (!plan) return plan.error();
  if (const Status made = make_report_folder(options.report, options.report_format); !made)
    return made.error();
  const bool runs = !options.dump_filter;
  auto notifier = runs ? Notifier::start(config, {.state = options.inventory.state,
                                                  .user = plan->user,
                                                  .sandbox = options.sandbox})
                       : std::shared_ptr<Notifier>();
  if (!notifier) return notifier.error();
  services.notifier = std::move(*notifier);
  if (services.notifier) {
    opened.details.push_back(
        fmt::format("process {} sends notifications", services.notifier->process()));
  }
  StoreSenderPlan store{.options = runs ? options.store : StoreOptions{},
                        .user = plan->user,
                        .sandbox = options.sandbox,
                        .waits = !options.read.empty()};
  auto sender = StoreSender::start(config, std::move(store));
  if (!sender) return sender.error();
  services.store = std::move(*sender);
  if (services.store)
    opened.details.push_back(
        fmt::format("process {} sends to the store", services.store->process()));
  auto publisher =
      Publisher::start(runs ? options.publish : PublishOptions{}, plan->user, options.sandbox);
  if (!publisher) return publisher.error();
  services.publisher = std::move(*publisher);
  if (services.publisher)
    opened.details.push_back(fmt::format("process {} publishes", services.publisher->process()));
  if (plan->files || plan->processes) {
    auto helpers = Helpers::start(std::move(*plan));
    if (!helpers) return helpers.error();
    opened.helpers = std::move(*helpers);
    for (const pid_t process : opened.helpers->processes())
      opened.details.push_back(fmt::format("process {} helps with what needs rights", process));
  }
  if (const Status status = open_with_rights(options, opened); !status) return status.error();
  auto dropped = drop_privileges(options.live.user);
  if (!dropped) return dropped.error();
  auto confined = enter_sandbox(sandbox_plan(options));
  if (!confined) return confined.error();
  for (const auto* sentences : {&*dropped, &confined->details})
    opened.details.insert(opened.details.end(), sentences->begin(), sentences->end());
  opened.sandbox_warning = std::move(confined->missing);
  return Result<OpenedWithRights>(std::move(opened));
}

}  // namespace synfin
