// See snapshot_reader.h.
#include "app/snapshot_reader.h"

#include <algorithm>

namespace synfin {
namespace {

constexpr auto kFresh = std::chrono::seconds{1};

}  // namespace

const OpenTraffic& SnapshotReader::read(ViewSet& views, Clock::time_point now) {
  if (const auto rows = snapshot_.take()) {
    views.note_open(rows->records, rows->at, traffic_);
    traffic_.set_omitted(rows->open - std::min(rows->open, rows->records.size()));
  }
  if (asked_ == Clock::time_point{} || now - asked_ >= kFresh) {
    snapshot_.ask();
    asked_ = now;
  }
  return traffic_;
}

}  // namespace synfin
