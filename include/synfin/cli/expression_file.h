/// \file
/// The file of -F. Tested in tests/unit/app/options_test.cc.
#pragma once

#include <string>

#include "synfin/base/result.h"

namespace synfin {

/// Reads a filter expression of at most 64 KiB, without a byte order mark and without the white
/// space at its end. Fails with kind Usage and a sentence that names the file.
Result<std::string> read_expression(const std::string& path);

}  // namespace synfin
