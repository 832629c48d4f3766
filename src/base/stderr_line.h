/// \file
/// write_to_stderr(): lines on stderr, whose reader may not read. Tested in
/// tests/unit/base/diagnostics_test.cc.
#pragma once

#include <string_view>

namespace synfin {

/// Writes `line` with one system call if it has at most PIPE_BUF bytes, so that lines of several
/// writers do not mix. A pipe or terminal that takes nothing for half a second loses the line, and
/// the lines that follow, until it takes one; a sentence in front of that one counts them. A line
/// that cannot be written for another reason, such as a full disk, is lost. Allocates nothing. Any
/// thread may call it.
void write_to_stderr(std::string_view line) noexcept;

}  // namespace synfin
