/// \file
/// Writes to descriptors, also to those that another process has made non-blocking.
/// Tested in tests/unit/base/output_file_test.cc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string_view>

namespace synfin {

/// Returns the number of bytes written, 0 if the call must be repeated, or -1 with errno set.
ssize_t write_some(int descriptor, std::string_view bytes);

/// Returns false with errno set if not everything was written.
bool write_all(int descriptor, std::string_view bytes);

/// How many bytes `descriptor` surely accepts without waiting.
std::size_t accepted_now(int descriptor);

}  // namespace synfin
