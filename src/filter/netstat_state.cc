// See netstat_state.h. States: RFC 9293 §3.3.2, in the spelling of netstat and ss.
#include "filter/netstat_state.h"

namespace synfin {

std::string_view netstat_state(const ConnectionRecord& record, bool at_orig) {
  switch (record.state) {
    case ConnState::S0:
      return at_orig ? "SYN_SENT" : "SYN_RECV";
    case ConnState::SH:
    case ConnState::SHR:
      return "SYN_RECV";
    case ConnState::S1:
    case ConnState::OTH:
      return "ESTABLISHED";
    case ConnState::S2:
      return at_orig ? "FIN_WAIT2" : "CLOSE_WAIT";
    case ConnState::S3:
      return at_orig ? "CLOSE_WAIT" : "FIN_WAIT2";
    case ConnState::SF:
      return (record.closed_by == Side::Orig) == at_orig ? "TIME_WAIT" : "CLOSE";
    default:
      return "CLOSE";
  }
}

}  // namespace synfin
