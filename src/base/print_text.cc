// See print_text.h.
#include "synfin/base/print_text.h"

#include "synfin/base/output_file.h"

namespace synfin {

Result<int> print_text(std::string_view text) {
  auto output = OutputFile::open("-");
  if (!output) return output.error();
  output->buffer() = text;
  output->commit();
  if (const Status written = output->close(); !written) return written.error();
  return 0;
}

}  // namespace synfin
