/// \file
/// Remarks: sentences on what the figures of a capture mean, for every format of the report.
#pragma once

#include <string_view>
#include <vector>

#include "synfin/base/capture_info.h"

namespace synfin {

struct Remark {
  std::string_view label;
  std::string sentence;
};

std::vector<Remark> remarks_on(const CaptureInfo& capture);

}  // namespace synfin
