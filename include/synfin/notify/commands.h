/// \file
/// The subcommands about notifications. Tested in tests/check/notify.py and
/// tests/unit/notify/port_monitor_import_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/cli/config_file.h"

namespace synfin {

/// `synfin notify test`: sends a message to each channel that is enabled, and prints each answer.
/// `argv[0]` stands before its options. Returns the exit status; 1 if a channel failed.
Result<int> run_notify_test(int argc, const char* const* argv);

/// The notification lines of `config` with secrets masked, and `warnings` about them.
Result<std::string> masked_notify(const ConfigFile& config, std::vector<std::string>& warnings);

struct ImportedConfig {
  std::string text;                         ///< a configuration file of synfin
  std::vector<std::string> not_understood;  ///< a sentence for each key that has no counterpart
};

/// Converts the configuration file of a port scanner in Python, the "port monitor": ini sections
/// for addresses and ports, interval, mail, Slack, Teams, Telegram, log and output folder.
Result<ImportedConfig> import_port_monitor(std::string_view text, const std::string& path);

/// `synfin config import FILE`. Returns the exit status; 1 if a key was not understood.
Result<int> run_config_import(int argc, const char* const* argv);

}  // namespace synfin
