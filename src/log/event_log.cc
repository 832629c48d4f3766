// One event as one line of JSON, written with the fields of the connection log.
//
// Tested in tests/unit/log/event_log_test.cc.
#include "log/event_log.h"

#include <algorithm>
#include <array>

#include "log/columns.h"
#include "log/json_fields.h"

namespace synfin {
namespace {

/// "OPEN" → "open".
class LowerCase {
 public:
  explicit LowerCase(std::string_view text) : size_(std::min(text.size(), text_.size())) {
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size_), text_.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 16> text_;
  std::size_t size_;
};

/// Unset for false: the key appears only if it is true.
std::optional<bool> if_true(bool b) { return b ? std::optional{true} : std::nullopt; }

void write_connection(JsonFields& line, const Event& event) {
  const ConnectionRecord& r = event.connection;
  line.word("conn_state", to_string(r.state));
  line.word("outcome", to_string(outcome_after(event)));
  line.word("history", r.history.view());
  line.interval("duration", lasting(r));
  line.count("orig_bytes", size_of<JsonFields>(r, RecordCount::OrigBytes));
  line.count("resp_bytes", size_of<JsonFields>(r, RecordCount::RespBytes));
  line.interval("synack_rtt", known(r.synack_rtt));
  line.interval("ack_rtt", known(r.ack_rtt));
  line.count("syn_retries", unless_zero(r.syn_retries));
  line.word("closed_by", unless_none(r.closed_by));
  line.word("rst_basis", unless_none(r.rst_basis));
}

/// TTL and ICMP type of the packet that decided the outcome, and why the connection was dropped.
void write_cause(JsonFields& line, const ConnectionRecord& r) {
  line.count("ttl", unless_zero(r.end_ttl));
  if (r.outcome == Outcome::Unreachable) {
    line.count("icmp_type", r.icmp_type);
    line.count("icmp_code", r.icmp_code);
  }
  line.word("cause", unless_none(r.cause.cause));
  line.word("cause_confidence", unless_none(r.cause.confidence));
  line.text("cause_evidence", EvidenceText(r).view());
  line.boolean("evicted", if_true(r.evicted));
  line.boolean("reused", if_true(r.reused));
}

}  // namespace

void append_event_json(std::string& out, const Event& event) {
  const ConnectionRecord& r = event.connection;
  JsonFields line(out);
  line.time("ts", event.time);
  line.word("event", LowerCase(to_string(event.kind)).view());
  line.word("uid", Uid(r.tuple, r.first).view());
  line.addr("id.orig_h", r.tuple.orig.address);
  line.port("id.orig_p", r.tuple.orig.port);
  line.addr("id.resp_h", r.tuple.resp.address);
  line.port("id.resp_p", r.tuple.resp.port);
  line.word("side", unless_none(event.side));
  write_connection(line, event);
  line.count("vlan", unless_zero(r.encapsulation.vlan));
  line.word("tunnel", TunnelName(r.encapsulation).view());
  write_cause(line, r);
}

}  // namespace synfin
