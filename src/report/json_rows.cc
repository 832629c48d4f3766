// See json_rows.h.
#include "report/json_rows.h"

#include <chrono>
#include <cmath>

#include "synfin/enrich/identifiers.h"
#include "synfin/report/format.h"

namespace synfin {

void JsonRows::time(std::string_view key, Timestamp t) {
  json_.member(key, std::string_view{exact_rfc3339(t)});
}

void JsonRows::bytes(std::string_view key, std::uint64_t n) {
  json_.key(key);
  knows_bytes_ ? json_.value(n) : json_.null();
}

/// Writes the address as `key`, followed by its name, country and network, whose keys begin with
/// `prefix`.
void JsonRows::address(std::string_view key, const Address& a, std::string_view prefix) {
  json_.member(key, std::string_view{a.to_string()});
  if (!book_) return;
  const EndpointAnnotations about = book_->about(a);
  const auto text = [&](std::string_view what, std::string_view value) {
    if (!value.empty()) json_.member(std::string{prefix} + std::string{what}, value);
  };
  text("hostname", about.name);
  if (!about.name.empty()) {
    json_.member(std::string{prefix} + "hostname_confirmed", about.name_confirmed);
  }
  text("country", about.country);
  if (about.asn != 0) json_.member(std::string{prefix} + "asn", std::uint64_t{about.asn});
  text("as_org", about.as_org);
}

void JsonRows::row(const GeoRow& p) {
  if (p.asn != 0) {
    json_.member("asn", std::uint64_t{p.asn});
    json_.member("as_org", std::string_view{p.as_org});
  } else {
    json_.member("country", std::string_view{p.country});
  }
  json_.member("hosts", p.hosts);
  json_.member("connections", p.connections());
  json_.member("as_originator", p.as_orig);
  json_.member("as_responder", p.as_resp);
  json_.member("failed", p.failed);
  bytes("bytes_sent", p.bytes_sent);
  bytes("bytes_received", p.bytes_received);
}

void JsonRows::port_name(std::uint16_t port) {
  const std::string_view name = ports_.name(port);
  json_.key("name");
  if (name.empty()) {
    json_.null();
  } else {
    json_.value(name);
  }
}

void JsonRows::success_rate(const SmallOutcomes& o) {
  json_.key("success_rate");
  if (const auto rate = o.success_rate()) {
    json_.value(std::round(*rate * 1e6) / 1e6);
  } else {
    json_.null();
  }
}

/// Milliseconds to the microsecond; null without samples.
void JsonRows::rtt(const RttQuantiles& q, bool samples) {
  const auto member = [this](std::string_view key, Duration d) {
    json_.key(key);
    if (d == kNoDuration) return json_.null();
    json_.value(std::round(static_cast<double>(d.count()) / 1e3) / 1e3);
  };
  json_.key("synack_rtt_ms").begin_object();
  member("p50", q.p50);
  member("p99", q.p99);
  if (samples) json_.member("samples", q.samples);
  json_.end_object();
}

void JsonRows::row(const ServiceRow& s) {
  const SmallOutcomes& o = s.outcomes;
  address("ip", s.service.address, "");
  json_.member("port", std::uint64_t{s.service.port});
  port_name(s.service.port);
  json_.member("attempts", o.attempts());
  json_.member("established", o.established());
  json_.member("refused", o.of(Outcome::Refused));
  json_.member("unanswered", o.of(Outcome::Unanswered));
  json_.member("unreachable", o.of(Outcome::Unreachable));
  json_.member("half_open", o.of(Outcome::HalfOpen));
  json_.member("aborted", o.of(Outcome::Aborted));
  json_.member("pending", o.of(Outcome::Pending));
  json_.member("midstream", o.of(Outcome::Midstream));
  success_rate(o);
  json_.member("clients", s.clients);
  bytes("bytes", s.orig_bytes + s.resp_bytes);
  rtt(s.rtt, true);
}

void JsonRows::edge_key(const EdgeRow& e) {
  address("orig", e.orig, "orig_");
  address("resp", e.service.address, "resp_");
  json_.member("port", std::uint64_t{e.service.port});
  json_.member("attempts", e.outcomes.attempts());
  json_.member("established", e.outcomes.established());
  json_.member("failed", e.outcomes.failed());
}

void JsonRows::row(const EdgeRow& e) {
  edge_key(e);
  rtt(e.rtt, true);
  bytes("bytes", e.bytes);
  time("first_seen", e.first);
  time("last_seen", e.last);
}

void JsonRows::failing_row(const EdgeRow& e) {
  edge_key(e);
  json_.member("outcome", to_string(main_failure(e)));
  json_.member("cause", std::string_view{cause_words(e)});
}

void JsonRows::row(const HostRow& h) {
  address("ip", h.address, "");
  json_.member("as_originator", h.as_orig);
  json_.member("as_responder", h.as_resp);
  json_.member("failed", h.failed_as_orig + h.failed_as_resp);
  json_.member("failed_as_originator", h.failed_as_orig);
  json_.member("failed_as_responder", h.failed_as_resp);
  bytes("bytes_sent", h.bytes_sent);
  bytes("bytes_received", h.bytes_received);
  json_.member("peers", h.peers);
  time("first_seen", h.first);
  time("last_seen", h.last);
}

void JsonRows::row(const ScannerRow& s) {
  address("ip", s.address, "");
  json_.member("kind", to_string(s.kind));
  json_.member("probes", std::string_view{probe_names(s.probes)});
  json_.member("targets", s.targets);
  json_.member("ports", s.ports);
  json_.member("hosts", s.hosts);
  json_.member("attempts", s.attempts);
  json_.member("failed", s.failed);
  time("since", s.since);
  time("until", s.until);
}

void JsonRows::row(const FloodRow& f) {
  address("ip", f.target.address, "");
  json_.member("port", std::uint64_t{f.target.port});
  port_name(f.target.port);
  json_.member("attempts", f.attempts);
  json_.member("sources", f.sources);
  json_.member("per_second", std::round(f.rate() * 10) / 10);
  json_.member("peak_per_second", f.peak);
  time("since", f.since);
  time("until", f.until);
}

void JsonRows::row(const ConnectionRow& c) {
  time("ts", c.first);
  json_.member("uid", Uid(c.tuple, c.first).view());
  address("orig", c.tuple.orig.address, "orig_");
  json_.member("orig_port", std::uint64_t{c.tuple.orig.port});
  address("resp", c.tuple.resp.address, "resp_");
  json_.member("resp_port", std::uint64_t{c.tuple.resp.port});
  json_.member("duration", std::chrono::duration<double>(c.duration).count());
  bytes("orig_bytes", c.orig_bytes);
  bytes("resp_bytes", c.resp_bytes);
  json_.member("conn_state", to_string(c.state));
  json_.member("outcome", to_string(c.outcome));
}

}  // namespace synfin
