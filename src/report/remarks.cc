// See remarks.h.
#include "report/remarks.h"

#include <fmt/format.h>

#include "synfin/base/time.h"
#include "synfin/report/format.h"

namespace synfin {

std::vector<Remark> remarks_on(const CaptureInfo& capture) {
  std::vector<Remark> remarks;
  if (capture.ledger.copies * 10 > capture.ledger.received) {
    remarks.push_back({"copies",
                       "more than 10 % of the packets are copies of others, as mirror ports and "
                       "bridges deliver them; each packet counts once"});
  }
  if (capture.unchecked_copies != 0) {
    remarks.push_back({"copies", "copies of " +
                                     plural(capture.unchecked_copies, "packet", "packets") +
                                     " would not be recognized, because more than 16,384 packets "
                                     "arrived within 10 ms"});
  }
  if (capture.context_overlaps != 0) {
    remarks.push_back({"overlap",
                       "the same addresses and ports occur in several VLANs or tunnels; "
                       "--context-key tracks them separately"});
  }
  if (capture.contexts_shared) {
    remarks.push_back({"contexts",
                       "there are more than 4,094 VLANs and tunnels; the same addresses and "
                       "ports in two of the others count as one connection"});
  }
  if (capture.only_control_packets)
    remarks.push_back({"packets", std::string(kOnlyControlPackets)});
  if (capture.out_of_order != 0) {
    remarks.push_back(
        {"order", fmt::format("{} {} more than 1 s older than a packet before, by up to {}, so "
                              "directions and causes may be wrong; reordercap sorts a file",
                              plural(capture.out_of_order, "packet", "packets"),
                              capture.out_of_order == 1 ? "is" : "are",
                              format_human(capture.most_out_of_order))});
  }
  if (!capture.log) return remarks;
  if (const auto& missing = capture.log->missing; !missing.empty()) {
    std::string columns;
    for (const std::string& column : missing) columns += (columns.empty() ? "" : ", ") + column;
    remarks.push_back(
        {"unknown", "the logs have no " + columns + ": what these say is unknown, not zero"});
  }
  return remarks;
}

}  // namespace synfin
