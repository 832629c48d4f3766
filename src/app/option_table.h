/// \file
/// The table of options. The parser and --help read it; tools/options generates the shell
/// completions from it and compares it with synfin(1). Tested in
/// tests/unit/app/option_table_test.cc.
#pragma once

#include <string>
#include <vector>

#include "app/options.h"
#include "synfin/cli/option_row.h"

namespace synfin {

/// Maximum number of entries of a table that an option sizes: 32 GiB.
inline constexpr std::uint64_t kMaxEntries = std::uint64_t{1} << 28;

/// The options while they are parsed. It also holds texts whose meaning depends on options that may
/// follow.
struct OptionDraft {
  Options options;
  std::string after, before, filter_file, config_file;
  std::optional<LogFormat> log_format;
  std::uint64_t max_memory = 0;  ///< bytes; 0 = not given
  bool scroll = false;
  bool process = false;  ///< --process or --cmdline is given
  bool help = false;
  bool version = false;
};

/// All options in the order of --help. The rows store into `draft`, which must outlive them.
std::vector<OptionRow> option_table(OptionDraft& draft);

}  // namespace synfin
