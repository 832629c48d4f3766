// Where the spool is if no option names it.
#include <gtest/gtest.h>

#include <cstdlib>

#include "synfin/store/store.h"

namespace synfin::test {
namespace {

/// Sets $STATE_DIRECTORY for a while.
class StateDirectory {
 public:
  explicit StateDirectory(const char* folders) { setenv("STATE_DIRECTORY", folders, 1); }
  ~StateDirectory() { unsetenv("STATE_DIRECTORY"); }
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;
};

TEST(StoreOptions, AServiceKeepsTheSpoolInItsFolder) {
  const StateDirectory folder("/var/lib/synfin");
  EXPECT_EQ(StoreOptions{}.spool_folder(), "/var/lib/synfin/spool");
  StoreOptions named;
  named.spool = "/a";
  EXPECT_EQ(named.spool_folder(), "/a");
}

TEST(StoreOptions, AnInstanceOfAServiceHasASpoolOfItsOwn) {
  const StateDirectory folders("/var/lib/synfin:/var/lib/synfin/eth0");
  EXPECT_EQ(StoreOptions{}.spool_folder(), "/var/lib/synfin/eth0/spool");
}

}  // namespace
}  // namespace synfin::test
