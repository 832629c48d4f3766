// See run.h.
#include "app/run.h"

#include <utility>

#include "app/confinement.h"
#include "app/session.h"
#include "app/session_input.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/print_text.h"
#include "synfin/capture/interface_list.h"
#include "synfin/report/printed_output.h"
#include "synfin/view/signals.h"

namespace synfin {
namespace {

RunResult print(std::string_view text) {
  const auto printed = print_text(text);
  return printed ? RunResult{} : failed(printed.error());
}

/// -D: lists the interfaces.
RunResult print_interfaces(std::size_t width) {
  const auto listings = list_interfaces();
  return listings ? print(format_interfaces(*listings, width)) : failed(listings.error());
}

/// -d: prints the compiled filter.
RunResult print_filter(const Options& options, SessionInput& input) {
  const auto program = filter_program(options, input);
  return program ? print(*program) : failed(program.error());
}

}  // namespace

RunResult failed(const Error& error) {
  return {{error.message}, error.kind == ErrorKind::Usage ? 2 : 1};
}

RunResult run(Options options, ConfigFile config) {
  accept_reopen_requests();
  const Status diagnostics = open_diagnostics(
      {.quiet = options.quiet, .verbose = options.verbose, .log_file = options.log_file});
  if (!diagnostics) return failed(diagnostics.error());
  for (const std::string& notice : options.notices) log(LogLevel::Warning, notice);
  if (options.live.list_interfaces)
    return print_interfaces(TextStyle{.width = options.width}.terminal_columns());
  auto opened = confine(options, config);
  if (!opened) return failed(opened.error());
  for (const std::string& sentence : opened->details) log(LogLevel::Detail, sentence);
  if (!opened->sandbox_warning.empty()) log(LogLevel::Warning, opened->sandbox_warning);
  const auto helpers = std::move(opened->helpers);  // must outlive all that use them
  if (const Status read = read_filter_file(options); !read) return failed(read.error());
  auto input = open_input(options, std::move(opened->live));
  if (!input) return failed(input.error());
  release_log_file();
  if (options.dump_filter) return print_filter(options, *input);
  auto session = Session::open(options, std::move(*input), std::move(opened->services));
  if (!session) return failed(session.error());
  return (*session)->run();
}

}  // namespace synfin
