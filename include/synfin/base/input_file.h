/// \file
/// Input files: opens, lists and reads files as a run names them, if need be through the helper
/// process that may open what this process may not (see FileHelper).
/// Tested in tests/unit/base/input_file_test.cc and tests/unit/sandbox/helpers_test.cc.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace synfin {

/// Opens a file or folder for reading. Returns a descriptor, or -1 with errno set.
int open_input(const std::string& path);

/// Duplicates the descriptor that a path like /dev/stdin or /dev/fd/63 names. Returns -1 if that
/// fails or the path names none; errno then has a reason only if the path names one.
int duplicate_named(const std::string& path);

/// As stat(2). Returns false with errno set if that fails.
bool input_status(const std::string& path, struct stat& about);

/// The names in a folder, unsorted and without "." and "..". Empty with errno set if it cannot be
/// read.
std::optional<std::vector<std::string>> list_folder(const std::string& folder);

/// Waits until a FIFO that was opened with O_NONBLOCK has a writer, and lets later calls wait, too.
void wait_for_writer(int descriptor);

/// The content of a file, at most its first `max` bytes. Empty with errno set if it cannot be read.
std::optional<std::string> read_input(const std::string& path,
                                      std::size_t max = std::numeric_limits<std::size_t>::max());
/// The same, but a file of more than `max` bytes is an error: EFBIG.
std::optional<std::string> read_whole_input(const std::string& path, std::size_t max);
/// As read_input(), for a descriptor, from its position on.
std::optional<std::string> read_input(int descriptor, std::size_t max);

}  // namespace synfin
