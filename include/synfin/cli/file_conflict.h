/// \file
/// Finds options that name the same file. Tested in tests/unit/app/option_checks_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synfin {

/// An option and its file. An empty path is none; "-" is a standard stream.
using NamedFile = std::pair<std::string_view, std::string>;

/// A sentence about the first output that is an input or another output; empty if there is none.
std::string file_conflict(const std::vector<NamedFile>& outputs,
                          const std::vector<NamedFile>& inputs);

}  // namespace synfin
