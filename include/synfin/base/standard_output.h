/// \file
/// Whether somebody reads the standard output. Tested in tests/unit/base/standard_output_test.cc.
#pragma once

namespace synfin {

/// False once the reader of the pipe or socket that is standard output has closed it. True for a
/// file or a terminal. Known even if nothing has been written since.
bool standard_output_has_reader();

}  // namespace synfin
