// See netstat_state.h. States: RFC 9293 §3.3.2, in the spelling of netstat and ss.
#include "synfin/filter/netstat_state.h"

namespace synfin {

bool is_lone_fin(const ConnectionRecord& record) {
  if (record.state == ConnState::SH) return record.resp.packets == 0;
  return record.state == ConnState::SHR && record.orig.packets == 0;
}

std::string_view netstat_state(const ConnectionRecord& record, bool at_orig) {
  switch (record.state) {
    case ConnState::S0:
      return at_orig ? "SYN_SENT" : "SYN_RECV";
    case ConnState::S1:
    case ConnState::OTH:
      return "ESTABLISHED";
    case ConnState::SH:
    case ConnState::SHR:
      if (is_lone_fin(record)) return "SYN_RECV";
      [[fallthrough]];  // the handshake was not captured
    case ConnState::S2:
    case ConnState::S3: {
      const bool by_orig = record.state == ConnState::S2 || record.state == ConnState::SH;
      return by_orig == at_orig ? "FIN_WAIT2" : "CLOSE_WAIT";
    }
    case ConnState::SF:
      return (record.closed_by == Side::Orig) == at_orig ? "TIME_WAIT" : "CLOSE";
    default:
      return "CLOSE";
  }
}

}  // namespace synfin
