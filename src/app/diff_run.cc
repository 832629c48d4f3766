// See diff_run.h.
#include "app/diff_run.h"

#include <utility>

#include "app/confinement.h"
#include "app/session.h"
#include "app/session_input.h"
#include "synfin/base/diagnostics.h"
#include "synfin/report/diff_command.h"

namespace synfin {
namespace {

Options quiet_options(std::vector<std::string> inputs) {
  Options options;
  options.read = std::move(inputs);
  options.view = ViewKind::None;
  options.quiet = true;
  options.enrichment.no_geoip = true;
  return options;
}

/// The inputs and outputs of the whole command, as a run would name them.
Result<OpenedWithRights> confine_diff(const DiffQuery& query) {
  Options options = quiet_options({query.before, query.after});
  if (!query.ignore.empty()) options.filters.filter_files.push_back(query.ignore);
  if (query.output != "-") options.report = query.output;
  options.sandbox = sandbox_mode_of(query.sandbox);
  ConfigFile no_config;
  return confine(options, no_config);
}

Result<std::vector<std::string>> read_records(const std::string& path,
                                              std::unique_ptr<EventSink> sink) {
  const Options options = quiet_options({path});
  auto input = open_input(options, nullptr);
  if (!input) return input.error();
  auto session = Session::open(options, std::move(*input));
  if (!session) return session.error();
  (*session)->dispatcher().add(std::move(sink));
  RunResult result = (*session)->run();
  if (result.failed) return Error{std::move(result.complaints.back())};
  return std::move(result.complaints);
}

}  // namespace

Result<int> run_diff(int argc, const char* const* argv) {
  accept_reopen_requests();
  OpenedWithRights opened;  // its helpers must outlive all that use them
  return run_diff_command(argc, argv,
                          {.confine = [&opened](const DiffQuery& query) -> Status {
                             auto confined = confine_diff(query);
                             if (!confined) return confined.error();
                             opened = std::move(*confined);
                             if (!opened.sandbox_warning.empty())
                               log(LogLevel::Warning, opened.sandbox_warning);
                             return Ok{};
                           },
                           .read = read_records});
}

}  // namespace synfin
