/// \file
/// Checks of options that depend on each other, beside those of options.cc. Tested in
/// tests/unit/app/option_checks_test.cc.
#pragma once

#include <string>
#include <vector>

#include "app/option_table.h"
#include "synfin/cli/file_conflict.h"
#include "synfin/cli/option_parser.h"

namespace synfin {

/// The options of the files that a run writes, and these files.
std::vector<NamedFile> output_files(const Options& options);

/// No two outputs may be the same file, because one would overwrite the other, and no output may be
/// an input: one of the options, or `config`. Returns a sentence, or an empty string.
std::string check_outputs_differ(const Options& options, const std::string& config = {});

/// Sentences about options that have no effect in this run, because the option is missing that they
/// modify. `settings` are those of the run.
std::vector<std::string> options_without_effect(const OptionDraft& draft,
                                                const std::vector<OptionSetting>& settings = {});

}  // namespace synfin
