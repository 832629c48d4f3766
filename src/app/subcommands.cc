// See subcommands.h.
#include "app/subcommands.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <string>
#include <string_view>
#include <vector>

#include "app/diff_run.h"
#include "app/options.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/print_text.h"
#include "synfin/cli/option_parser.h"
#include "synfin/inventory/inventory_command.h"
#include "synfin/notify/commands.h"
#include "synfin/path/path_command.h"
#include "synfin/store/query_commands.h"
#include "synfin/store/store.h"

namespace synfin {
namespace {

constexpr std::string_view kConfigHelp =
    "Usage: synfin config check [OPTIONS]\n"
    "       synfin config import [OPTIONS] FILE\n\n"
    "check prints what a run with these options would use, and what is wrong.\n"
    "Its options are those of a run, which synfin --help lists.\n"
    "import converts the configuration file of a port scanner.\n\n"
    "More: man synfin.conf, man synfin-notify.\n";

/// `synfin config check [OPTIONS]`: prints what a run with these options would use.
Result<int> check_config(int argc, const char* const* argv) {
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // no core dump of secrets
  auto line = parse_command_line(argc, argv, load_config);
  if (!line) return line.error();
  std::vector<std::string> warnings = line->options.notices;
  const auto channels = masked_notify(line->config, line->options.inventory.state, warnings);
  if (!channels) return channels.error();
  const auto store = masked_store(line->config, warnings);
  if (!store) return store.error();
  for (const std::string& warning : warnings) log(LogLevel::Warning, warning);
  if (!line->print.empty()) return print_text(line->help ? kConfigHelp : line->print);
  std::string text = line->settings;
  for (const std::string& section : {*channels, *store})
    text += (text.empty() || section.empty() ? "" : "\n") + section;
  if (!line->config.path.empty()) text.insert(0, "# " + line->config.path + "\n");
  return print_text(text);
}

}  // namespace

std::optional<Result<int>> run_subcommand(int argc, const char* const* argv) {
  if (argc < 2) return std::nullopt;
  const std::string_view command = argv[1], action = argc > 2 ? argv[2] : "";
  if (auto answered = run_store_query(argc - 1, argv + 1)) return answered;
  if (command == "inventory") {
    const Status done = run_inventory_command(argc - 1, argv + 1, confine_inventory_command);
    if (!done) return done.error();
    return 0;
  }
  if (command == "path") return run_path_command(argc - 1, argv + 1);
  if (command == "diff") return run_diff(argc - 1, argv + 1);
  if (command == "store") return run_store_command(argc - 1, argv + 1);
  if (command == "config") {
    if (action == "check") return check_config(argc - 2, argv + 2);
    if (action == "import") return run_config_import(argc - 2, argv + 2);
    return answer_no_action("synfin config", {"check", "import"}, action, kConfigHelp);
  }
  if (command == "notify") return run_notify_command(argc - 1, argv + 1);
  return std::nullopt;
}

}  // namespace synfin
