/// \file
/// Mapped files that are cut short while they are read.
#pragma once

namespace synfin {

/// From now on, what a file that is mapped read-only no longer has reads as zeros, where it would
/// end the process (SIGBUS). Any other bus error ends it as before. Any thread may call, as often
/// as it likes. Tested in tests/unit/base/cut_files_test.cc.
void read_cut_files_as_zeros();

}  // namespace synfin
