// See capture_gaps.h.
#include "synfin/capture/capture_gaps.h"

#include <fmt/format.h>

namespace synfin {

void CaptureGaps::begin(const std::string& interface, Timestamp now) {
  if (gaps_.size() == kMaxGaps) {
    ++not_listed_;
    return;
  }
  gaps_.push_back({.interface = interface, .from = now});
}

std::string CaptureGaps::end(const std::string& interface, Timestamp now) {
  for (auto gap = gaps_.rbegin(); gap != gaps_.rend(); ++gap) {
    if (gap->interface != interface || gap->to != Timestamp::max()) continue;
    gap->to = now;
    return fmt::format("{} is back after {}", interface, format_human(gap->to - gap->from));
  }
  return interface + " is back";
}

std::vector<std::string> CaptureGaps::sentences() const {
  std::vector<std::string> all;
  for (const Gap& gap : gaps_) {
    const std::string from = format_rfc3339(gap.from);
    all.push_back(gap.to == Timestamp::max()
                      ? fmt::format("{} captured nothing since {}", gap.interface, from)
                      : fmt::format("{} captured nothing from {} to {}", gap.interface, from,
                                    format_rfc3339(gap.to)));
  }
  if (not_listed_ > 0) {
    all.push_back(fmt::format("interfaces were down or gone {} more times, which are not listed",
                              not_listed_));
  }
  return all;
}

}  // namespace synfin
