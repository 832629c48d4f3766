/// \file
/// Mapped files that are cut short while they are read.
#pragma once

namespace synfin {

/// From now on, what a file that is mapped read-only no longer has, or its disk no longer gives,
/// reads as zeros, where it would end the process (SIGBUS). Any other bus error goes to whoever was
/// asked before. Any thread may call, as often as it likes; not beside others that handle SIGBUS,
/// as a screen does. Tested in tests/unit/base/cut_files_test.cc.
void read_cut_files_as_zeros();

/// How many pages it was so far.
unsigned pages_read_as_zeros();

}  // namespace synfin
