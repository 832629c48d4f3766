// See captures_at_hand.h.
#include "support/captures_at_hand.h"

#include <algorithm>
#include <cstdlib>

namespace synfin::test {

namespace fs = std::filesystem;

std::vector<fs::path> captures_under(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code absent;
  for (const auto& entry : fs::recursive_directory_iterator(folder, absent)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".pcap" || extension == ".pcapng" || extension == ".cap")
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

fs::path oracle_folder() {
  const char* set = std::getenv("SYNFIN_ORACLE");
  return set != nullptr ? fs::path(set) : fs::path(SYNFIN_SOURCE_DIR) / "../shared/oracle";
}

}  // namespace synfin::test
