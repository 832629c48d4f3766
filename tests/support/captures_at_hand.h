/// \file
/// Where tests find captures: pcaps/ in the tree, and ../shared/oracle beside it (or
/// $SYNFIN_ORACLE), which may be absent.
#pragma once

#include <filesystem>
#include <vector>

namespace synfin::test {

/// Every .pcap, .pcapng and .cap below `folder`, sorted; none where it is absent.
std::vector<std::filesystem::path> captures_under(const std::filesystem::path& folder);

/// The folder of captures with a reference and of hostile ones.
std::filesystem::path oracle_folder();

}  // namespace synfin::test
