/// \file
/// The subcommands about notifications. Tested in tests/check/notify.py and
/// tests/unit/notify/port_monitor_import_test.cc.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/config_file.h"
#include "synfin/cli/option_row.h"

namespace synfin {

/// The options of `synfin notify test`.
struct NotifyTestQuery {
  std::string config, host, channel;
  bool help = false;
};
/// `query` must outlive the rows.
std::vector<OptionRow> notify_test_rows(NotifyTestQuery& query);

/// `synfin notify`: --help, or the action that follows. `argv[0]` is "notify".
Result<int> run_notify_command(int argc, const char* const* argv);

/// `synfin notify test`: sends a message to each channel that is enabled, and prints each answer.
/// Its options follow `argv[0]`. Returns the exit status; 1 if a channel failed.
Result<int> run_notify_test(int argc, const char* const* argv);

/// True if `config` has sections for notifications.
bool has_notifications(const ConfigFile& config);
/// Fails if there are notifications and no state file, `state`, in which they wait to be sent.
Status check_notify_state(const ConfigFile& config, const std::string& state);

/// The notification lines of `config` with secrets masked, and `warnings` about them. Fails as a
/// run with the state file `state` would.
Result<std::string> masked_notify(const ConfigFile& config, const std::string& state,
                                  std::vector<std::string>& warnings);

/// The options of `synfin config import`.
struct ImportQuery {
  std::string output = "-", watch_file;
  bool help = false;
};
/// `query` must outlive the rows.
std::vector<OptionRow> config_import_rows(ImportQuery& query);

struct ImportedConfig {
  std::string text;                         ///< a configuration file of synfin
  std::string watched;                      ///< a file for --watch-file; empty: everything
  std::string folder;                       ///< of the state file; empty: the current one
  std::vector<std::string> not_understood;  ///< a sentence for each key that has no counterpart
};

/// Reads a file that the configuration names. Fails with one sentence.
using NamedFileReader = std::function<Result<std::string>(const std::string& path)>;

/// Converts the configuration file of a port scanner in Python, the "port monitor": ini sections
/// for addresses and ports, interval, mail, Slack, Teams, Telegram, log and output folder.
/// `watch_file` is the name that the result has for the list of what is watched; if it is empty, a
/// limit of addresses or ports is not understood. `read` reads the file of addresses.
Result<ImportedConfig> import_port_monitor(std::string_view text, const std::string& path,
                                           const std::string& watch_file,
                                           const NamedFileReader& read);

/// `synfin config import FILE`. Returns the exit status; 1 if a key was not understood.
Result<int> run_config_import(int argc, const char* const* argv);

}  // namespace synfin
