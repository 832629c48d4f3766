// The JSON report. The keys are a contract with programs: they may be joined by others, not renamed
// and not removed. Tested in tests/unit/report/json_test.cc.
#include <array>
#include <cmath>

#include "synfin/enrich/identifiers.h"
#include "synfin/report/document.h"
#include "synfin/report/json_writer.h"
#include "synfin/report/words.h"

namespace synfin {
namespace {

using Layout = JsonWriter::Layout;

class JsonReport {
 public:
  JsonReport(std::string& out, PortNames& ports, AddressBook* book)
      : json_(out), ports_(ports), book_(book) {}

  void report(const CaptureInfo& capture, const SummaryData& data, std::string_view version,
              const std::vector<Table>* more);

 private:
  void capture(const CaptureInfo& c);
  void ledger(const Ledger& l);
  void connections(const Totals& t);
  void texts(std::string_view key, const std::vector<std::string>& values);
  void time(std::string_view key, Timestamp t);
  void port_name(std::uint16_t port);
  void success_rate(const SmallOutcomes& o);
  void rtt(const RttQuantiles& q, bool samples);
  void edge_key(const EdgeRow& e);

  void row(const ServiceRow& s);
  void row(const EdgeRow& e);
  void row(const HostRow& h);
  void row(const ScannerRow& s);
  void row(const FloodRow& f);
  void row(const ConnectionRow& c);
  void failing_row(const EdgeRow& e);
  void timeline(const Timeline& t);
  void approximate(const SummaryData& d);

  template <typename Row, typename Write>
  void table(std::string_view key, const Ranked<Row>& ranked, Write write);
  template <typename Row>
  void table(std::string_view key, const Ranked<Row>& ranked);
  void empty_table(std::string_view key);
  void address(std::string_view key, const Address& a, std::string_view prefix);
  void row(const PlaceRow& p);
  void sources();

  JsonWriter json_;
  PortNames& ports_;
  AddressBook* book_;
};

void JsonReport::texts(std::string_view key, const std::vector<std::string>& values) {
  json_.key(key).begin_array();
  for (const std::string& v : values) json_.value(std::string_view{v});
  json_.end_array();
}

void JsonReport::time(std::string_view key, Timestamp t) {
  json_.member(key, std::string_view{exact_rfc3339(t)});
}

void JsonReport::capture(const CaptureInfo& c) {
  json_.key("capture").begin_object(Layout::Lines);
  texts("sources", c.sources);
  json_.member("mode", std::string_view{c.mode});
  if (c.ledger.received != 0) {
    time("first_packet", c.first_packet);
    time("last_packet", c.last_packet);
  } else {
    json_.key("first_packet").null();
    json_.key("last_packet").null();
  }
  texts("link_types", c.link_types);
  ledger(c.ledger);
  json_.member("ledger_closes", c.ledger.closes());
  json_.member("filter", std::string_view{c.filter});
  if (!c.gaps.empty()) texts("gaps", c.gaps);
  if (!c.hidden.empty()) {
    json_.key("hidden").begin_object();
    for (const auto& [option, n] : c.hidden) json_.member(option, n);
    json_.end_object();
  }
  texts("damage", c.damage);
  json_.member("forged_rst", c.forged_rst);
  if (c.so_far) json_.member("so_far", true);
  json_.end_object();
}

void JsonReport::ledger(const Ledger& l) {
  json_.key("packets").begin_object(Layout::Lines);
  json_.member("received", l.received);
  json_.member("decoded", l.decoded);
  json_.member("not_tcp", l.not_tcp);
  json_.member("fragments", l.fragments);
  json_.member("truncated", l.truncated);
  json_.member("malformed", l.malformed);
  json_.member("unsupported_link", l.unsupported_link);
  json_.member("copies", l.copies);
  json_.member("filtered", l.filtered);
  json_.member("dropped_kernel", l.dropped_kernel);
  json_.member("dropped_interface", l.dropped_interface);
  json_.member("dropped_ring", l.dropped_ring);
  json_.end_object();
}

void JsonReport::connections(const Totals& t) {
  json_.key("connections").begin_object(Layout::Lines);
  json_.member("total", t.by_outcome.all());
  json_.key("by_state").begin_object();
  for (std::size_t i = 0; i < t.by_state.size(); ++i) {
    json_.member(to_string(static_cast<ConnState>(i)), t.by_state[i]);
  }
  json_.end_object();
  json_.key("by_outcome").begin_object();
  for (int i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    json_.member(to_string(outcome), t.by_outcome.of(outcome));
  }
  json_.end_object();
  json_.member("orig_bytes", t.orig_bytes);
  json_.member("resp_bytes", t.resp_bytes);
  json_.member("evicted", t.evicted);
  json_.member("syn_retries", t.syn_retries);
  json_.member("attempts", t.by_outcome.attempts());
  json_.member("established", t.by_outcome.established());
  json_.member("failed", t.by_outcome.failed());
  json_.end_object();
}

template <typename Row, typename Write>
void JsonReport::table(std::string_view key, const Ranked<Row>& ranked, Write write) {
  json_.key(key).begin_array(Layout::Lines);
  for (const Row& r : ranked.rows) {
    json_.begin_object();
    write(r);
    json_.end_object();
  }
  json_.end_array();
}

template <typename Row>
void JsonReport::table(std::string_view key, const Ranked<Row>& ranked) {
  table(key, ranked, [this](const Row& r) { row(r); });
}

void JsonReport::empty_table(std::string_view key) {
  json_.key(key).begin_array();
  json_.end_array();
}

/// The address, and behind it what is known of it, with `prefix` before the keys.
void JsonReport::address(std::string_view key, const Address& a, std::string_view prefix) {
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

void JsonReport::row(const PlaceRow& p) {
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
  json_.member("bytes_sent", p.bytes_sent);
  json_.member("bytes_received", p.bytes_received);
}

/// Whom to name for what the databases said, and how the names came.
void JsonReport::sources() {
  if (!book_) return;
  const std::vector<std::string> lines = book_->geoip().attributions();
  if (!lines.empty()) texts("attributions", lines);
  if (!book_->names()) return;
  const HostNames::Counts counts = book_->names()->counts();
  json_.key("names").begin_object();
  json_.member("resolved", counts.named);
  json_.member("without_name", counts.nameless);
  json_.member("unresolved", counts.unresolved);
  json_.member("attempts_not_asked", counts.some_not_asked);
  json_.end_object();
}

void JsonReport::port_name(std::uint16_t port) {
  const std::string_view name = ports_.name(port);
  json_.key("name");
  if (name.empty()) {
    json_.null();
  } else {
    json_.value(name);
  }
}

void JsonReport::success_rate(const SmallOutcomes& o) {
  json_.key("success_rate");
  if (const auto rate = o.success_rate()) {
    json_.value(std::round(*rate * 1e6) / 1e6);
  } else {
    json_.null();
  }
}

/// Milliseconds to the microsecond; null without samples.
void JsonReport::rtt(const RttQuantiles& q, bool samples) {
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

void JsonReport::row(const ServiceRow& s) {
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
  json_.member("bytes", s.orig_bytes + s.resp_bytes);
  rtt(s.rtt, true);
}

void JsonReport::edge_key(const EdgeRow& e) {
  address("orig", e.orig, "orig_");
  address("resp", e.service.address, "resp_");
  json_.member("port", std::uint64_t{e.service.port});
  json_.member("attempts", e.outcomes.attempts());
  json_.member("established", e.outcomes.established());
  json_.member("failed", e.outcomes.failed());
}

void JsonReport::row(const EdgeRow& e) {
  edge_key(e);
  rtt(e.rtt, true);
  json_.member("bytes", e.bytes);
  time("first_seen", e.first);
  time("last_seen", e.last);
}

void JsonReport::failing_row(const EdgeRow& e) {
  edge_key(e);
  json_.member("outcome", to_string(main_failure(e)));
  json_.member("cause", std::string_view{cause_words(e)});
}

void JsonReport::row(const HostRow& h) {
  address("ip", h.address, "");
  json_.member("as_originator", h.as_orig);
  json_.member("as_responder", h.as_resp);
  json_.member("failed", h.failed_as_orig + h.failed_as_resp);
  json_.member("failed_as_originator", h.failed_as_orig);
  json_.member("failed_as_responder", h.failed_as_resp);
  json_.member("bytes_sent", h.bytes_sent);
  json_.member("bytes_received", h.bytes_received);
  json_.member("peers", h.peers);
  time("first_seen", h.first);
  time("last_seen", h.last);
}

void JsonReport::row(const ScannerRow& s) {
  address("ip", s.address, "");
  json_.member("kind", to_string(s.kind));
  json_.member("targets", s.targets);
  json_.member("ports", s.ports);
  json_.member("hosts", s.hosts);
  json_.member("attempts", s.attempts);
  json_.member("failed", s.failed);
  time("since", s.since);
  time("until", s.until);
}

void JsonReport::row(const FloodRow& f) {
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

void JsonReport::row(const ConnectionRow& c) {
  time("ts", c.first);
  json_.member("uid", Uid(c.tuple, c.first).view());
  address("orig", c.tuple.orig.address, "orig_");
  json_.member("orig_port", std::uint64_t{c.tuple.orig.port});
  address("resp", c.tuple.resp.address, "resp_");
  json_.member("resp_port", std::uint64_t{c.tuple.resp.port});
  json_.member("duration", std::chrono::duration<double>(c.duration).count());
  json_.member("orig_bytes", c.orig_bytes);
  json_.member("resp_bytes", c.resp_bytes);
  json_.member("conn_state", to_string(c.state));
  json_.member("outcome", to_string(c.outcome));
}

void JsonReport::timeline(const Timeline& t) {
  json_.key("timeline").begin_object(Layout::Lines);
  if (t.buckets.empty()) {
    json_.key("start").null();
  } else {
    time("start", t.start);
  }
  json_.member("bucket_seconds", std::chrono::duration<double>(t.width).count());
  json_.key("buckets").begin_array(Layout::Lines);
  for (const TimelineBucket& b : t.buckets) {
    json_.begin_object();
    json_.member("started", b.started);
    json_.member("failed", b.failed);
    json_.member("bytes", b.bytes);
    json_.end_object();
  }
  json_.end_array();
  json_.end_object();
}

void JsonReport::approximate(const SummaryData& d) {
  const Approximations& a = d.approximate;
  json_.member("approximate", a.any());
  json_.key("approximations").begin_object();
  json_.member("max_hosts", std::uint64_t{d.max_hosts});
  json_.member("services", a.services);
  json_.member("edges", a.edges);
  json_.member("hosts", a.hosts);
  json_.member("distinct", a.distinct);
  json_.member("percentiles", a.percentiles);
  json_.end_object();
}

void JsonReport::report(const CaptureInfo& c, const SummaryData& d, std::string_view version,
                        const std::vector<Table>* more) {
  json_.begin_object(Layout::Lines);
  json_.key("synfin").begin_object();
  json_.member("version", version);
  json_.end_object();
  capture(c);
  connections(d.totals);
  table("services", d.services);
  table("edges", d.edges);
  table("hosts", d.hosts);
  table("countries", d.countries);
  table("networks", d.networks);
  table("scanners", d.scanners);
  table("longest", d.longest);
  timeline(d.timeline);
  empty_table("changes");
  table("largest", d.largest);
  table("failing", d.failing, [this](const EdgeRow& e) { failing_row(e); });
  table("floods", d.floods);
  approximate(d);
  sources();
  if (more != nullptr) append_json_tables(json_, *more);
  json_.end_object();
}

}  // namespace

std::string render_json(const CaptureInfo& capture, const SummaryData& data, PortNames& ports,
                        AddressBook* book, std::string_view version,
                        const std::vector<Table>* more) {
  std::string out;
  JsonReport(out, ports, book).report(capture, data, version, more);
  out += '\n';
  return out;
}

}  // namespace synfin
