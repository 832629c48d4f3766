/// \file
/// The reason of a failed system call.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace synfin {

/// The text of `errno`: "No such file or directory".
inline std::string errno_text() { return std::generic_category().message(errno); }

}  // namespace synfin
