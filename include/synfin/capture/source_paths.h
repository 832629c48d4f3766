/// \file
/// Expands the folders among the arguments of -r.
/// Tested in tests/unit/capture/source_paths_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

/// Replaces each folder by the captures in it, sorted by name. Other paths are unchanged, even if
/// they do not exist.
///
/// A file counts as a capture by its content, or by its name (".pcap", ".pcapng", ".cap" and any
/// suffix) if it is not empty; the run then reports a file that it cannot read. Hidden files and
/// subfolders are ignored. Fails if a folder cannot be read or contains no capture.
Result<std::vector<std::string>> expand_sources(const std::vector<std::string>& paths);

}  // namespace synfin
