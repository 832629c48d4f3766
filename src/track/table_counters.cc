// See TableCounters in connection_table.h.
#include "synfin/base/capture_info.h"
#include "synfin/track/connection_table.h"

namespace synfin {

void TableCounters::add_to(CaptureInfo& info) const {
  info.out_of_window = out_of_window;
  info.forged_rst = forged_rst;
  info.context_overlaps = context_overlaps;
  info.unchecked_copies = unchecked_copies;
  info.details_missing = details_missing;
  info.out_of_order = out_of_order;
  info.most_out_of_order = most_out_of_order;
  info.contexts_shared = contexts_shared;
  info.only_control_packets = only_control_packets;
}

}  // namespace synfin
