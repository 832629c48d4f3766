// See snapshot_reader.h.
#include "view/snapshot_reader.h"

#include <algorithm>

namespace synfin {
namespace {

constexpr auto kRequestInterval = std::chrono::seconds{1};

}  // namespace

bool SnapshotReader::is_due(Clock::time_point now) const {
  return requested_ == Clock::time_point{} || now - requested_ >= kRequestInterval;
}

const OpenTraffic& SnapshotReader::read(ViewSet& views, Clock::time_point now) {
  if (const auto rows = snapshot_.take()) {
    views.note_open(rows->records, rows->at, traffic_);
    traffic_.set_omitted(rows->open - std::min(rows->open, rows->records.size()));
  }
  if (is_due(now)) {
    snapshot_.request();
    requested_ = now;
  }
  return traffic_;
}

}  // namespace synfin
