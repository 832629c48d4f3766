/// \file
/// Which captures the arguments of -r stand for.
/// Tested in tests/unit/capture/source_paths_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// Puts in place of each folder the captures in it, sorted by name; anything else stays, whether it
/// exists or not.
///
/// A file counts when its content is a capture, or when it is not empty and its name says so
/// (".pcap", ".pcapng", ".cap", with whatever behind): that such a file cannot be read is worth a
/// sentence later. Hidden files and folders within the folder do not count. Fails when a folder
/// cannot be read or holds no capture.
Result<std::vector<std::string>> expand_sources(const std::vector<std::string>& paths);

}  // namespace synfin
