// The members of the JSON report that explain: failures, hangups, handshakes. See json_rows.h.
#include <chrono>
#include <cmath>

#include "report/json_rows.h"

namespace synfin {
namespace {

double seconds(Duration d) {
  return std::round(std::chrono::duration<double>(d).count() * 1e3) / 1e3;
}

}  // namespace

void JsonRows::milliseconds(std::string_view key, Duration d) {
  json_.key(key);
  if (d == kNoDuration) return json_.null();
  json_.value(std::round(static_cast<double>(d.count()) / 1e3) / 1e3);
}

void JsonRows::service(const Endpoint& service) {
  address("resp", service.address, "resp_");
  json_.member("port", std::uint64_t{service.port});
  port_name(service.port);
}

void JsonRows::row(const FailureRow& f) {
  json_.member("cause", to_string(f.cause));
  json_.member("confidence", to_string(f.confidence));
  if (f.clients > 1) {
    json_.member("orig", std::string_view{std::to_string(f.clients) + " clients"});
  } else {
    address("orig", f.orig, "orig_");
  }
  json_.member("clients", f.clients);
  if (!f.network.empty()) json_.member("orig_network", std::string_view{f.network});
  service(f.service);
  json_.member("attempts", f.attempts);
  json_.member("of", f.of);
  time("first", f.first);
  time("last", f.last);
  json_.member("evidence", std::string_view{f.evidence});
  json_.key("other_ports_answering").begin_array();
  for (const std::uint16_t port : f.answering) json_.value(std::uint64_t{port});
  json_.end_array();
  if (f.further_answering != 0) json_.member("further_ports_answering", f.further_answering);
  if (f.cause != Cause::Unreachable) return;
  json_.member("icmp_type", std::uint64_t{f.icmp_type});
  json_.member("icmp_code", std::uint64_t{f.icmp_code});
  if (f.icmp_sender != Address{})
    json_.member("icmp_sender", std::string_view{f.icmp_sender.to_string()});
}

void JsonRows::row(const CloserRow& c) {
  service(c.service);
  json_.member("ended", c.ended());
  json_.member("fin_by_orig", c.fin[0]);
  json_.member("fin_by_resp", c.fin[1]);
  json_.member("rst_by_orig", c.rst[0]);
  json_.member("rst_by_resp", c.rst[1]);
  json_.member("open", c.open);
}

void JsonRows::row(const IdleTimerRow& t) {
  if (t.service) {
    service(*t.service);
  } else {
    json_.key("resp").null();
  }
  json_.member("seconds", seconds(t.value));
  json_.member("plus_minus_seconds", seconds(t.spread));
  json_.member("resets", t.resets);
  json_.member("moments", t.moments);
  json_.member("idle_resets", t.idle_resets);
  json_.member("by_orig", t.by_originator);
  json_.member("chance", t.chance);
  time("first", t.first);
  time("last", t.last);
}

void JsonRows::row(const PressureRow& p) {
  address("orig", p.orig, "orig_");
  service(p.service);
  json_.member("per_minute", p.connections);
  time("minute", p.minute);
  json_.member("reused", p.reused);
  json_.member("in_time_wait", p.in_time_wait);
  json_.member("exhausted", p.exhausted);
}

void JsonRows::row(const HandshakeRow& h) {
  if (h.service) {
    service(*h.service);
  } else {
    json_.member("network", std::string_view{h.network});
  }
  json_.member("connections", h.connections);
  json_.member("samples", h.samples);
  json_.member("syn_retries", h.syn_retries);
  json_.member("retransmitting", h.retransmitting);
  json_.key("synack_rtt_ms").begin_object();
  milliseconds("p50", h.p50);
  milliseconds("p90", h.p90);
  milliseconds("p99", h.p99);
  json_.end_object();
  json_.key("windows").begin_array();
  for (const HandshakeWindow& w : h.windows) {
    json_.begin_object();
    time("start", w.start);
    json_.member("samples", w.samples);
    milliseconds("p50", w.p50);
    milliseconds("p90", w.p90);
    milliseconds("p99", w.p99);
    json_.end_object();
  }
  json_.end_array();
  json_.key("shift");
  if (!h.shift) return json_.null();
  json_.begin_object();
  time("at", h.shift->at);
  milliseconds("before_ms", h.shift->before);
  milliseconds("after_ms", h.shift->after);
  json_.member("chance", h.shift->chance);
  json_.end_object();
}

}  // namespace synfin
