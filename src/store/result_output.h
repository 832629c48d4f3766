/// \file
/// Where and how the commands with --from print: to a file or standard output, for a person or a
/// program.
#pragma once

#include <string>

#include "synfin/report/render.h"

namespace synfin {

struct ResultOutput {
  std::string path = "-";
  std::string format;  ///< empty: by the name of the output
  bool utc = false;

  ReportFormat report_format() const;
  /// For the standard output, with its width and colours if it is a terminal.
  RenderOptions render_options() const;
};

}  // namespace synfin
