/// \file
/// Finds captures for tests: pcaps/ in the tree, and ../shared/oracle beside it (or
/// $SYNFIN_ORACLE), which may be absent.
#pragma once

#include <filesystem>
#include <vector>

namespace synfin::test {

/// Every .pcap, .pcapng and .cap below `folder`, sorted; none if it is absent.
std::vector<std::filesystem::path> captures_under(const std::filesystem::path& folder);

/// The folder that contains hostile captures and captures with a reference.
std::filesystem::path oracle_folder();

}  // namespace synfin::test
