/// \file
/// Whether somebody reads the standard output, and what happens if it is closed. Tested in
/// tests/unit/base/standard_output_test.cc.
#pragma once

namespace synfin {

/// False once the reader of the pipe or socket that is standard output has closed it. True for a
/// file or a terminal. Known even if nothing has been written since.
bool standard_output_has_reader();

/// Opens /dev/null on those of the numbers 0 to 2 that are closed, so that no file, pipe or socket
/// gets the number of stdout or stderr and receives what is printed. Reading from stdin and writing
/// to stdout still fail. REQUIRES: this process has opened nothing yet, and no other thread runs.
void occupy_standard_descriptors();

}  // namespace synfin
