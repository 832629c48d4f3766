// The JSON report: order of its members, head and totals. json_rows.cc writes the rows of tables.
// Keys are a contract with other programs: keys can be added, but not renamed or removed.
// Tested in tests/unit/report/json_test.cc.
#include <algorithm>
#include <iterator>
#include <utility>

#include "report/json_rows.h"
#include "report/remarks.h"
#include "synfin/report/document.h"
#include "synfin/report/format.h"
#include "synfin/report/json_writer.h"

namespace synfin {
namespace {

using Layout = JsonWriter::Layout;

constexpr std::string_view kChanges = "changes";

class JsonReport {
 public:
  JsonReport(std::string& out, PortNames& ports, AddressBook* book)
      : json_(out), rows_(json_, ports, book), book_(book) {}

  void report(const CaptureInfo& capture, const SummaryData& data, std::string_view version,
              const std::vector<Table>* more);

 private:
  void capture(const CaptureInfo& c);
  void ledger(const CaptureInfo& c);
  void log(const LogInfo& log);
  void connections(const CaptureInfo& c, const Totals& t);
  /// Writes null instead of a figure that is not known.
  void known(bool is_known, std::string_view key, std::uint64_t n) {
    is_known ? json_.member(key, n) : json_.key(key).null();
  }
  void texts(std::string_view key, const std::vector<std::string>& values);
  void timeline(const Timeline& t);
  void approximate(const SummaryData& d);
  void left_out(const SummaryData& d);

  template <typename Row, typename Write>
  void table(std::string_view key, const Ranked<Row>& ranked, Write write);
  template <typename Row>
  void table(std::string_view key, const Ranked<Row>& ranked);
  template <typename Row>
  void table(std::string_view key, const std::vector<Row>& rows);
  void hangups(const Hangups& h);
  void handshakes(const Handshakes& h);
  void changes(const std::vector<Table>* more);
  void sources();

  JsonWriter json_;
  JsonRows rows_;
  AddressBook* book_;
};

void JsonReport::texts(std::string_view key, const std::vector<std::string>& values) {
  json_.key(key).begin_array();
  for (const std::string& v : values) json_.value(std::string_view{v});
  json_.end_array();
}

void JsonReport::capture(const CaptureInfo& c) {
  json_.key("capture").begin_object(Layout::Lines);
  texts("sources", c.sources);
  json_.member("mode", c.log ? "log" : to_string(c.scope));
  if (c.any_used()) {
    rows_.time("first_packet", c.first_packet);
    rows_.time("last_packet", c.last_packet);
  } else {
    json_.key("first_packet").null();
    json_.key("last_packet").null();
  }
  texts("link_types", c.link_types);
  ledger(c);
  if (c.log) {
    json_.key("ledger_closes").null();
    log(*c.log);
  } else {
    json_.member("ledger_closes", c.ledger.balances());
  }
  json_.member("filter", std::string_view{c.filter});
  if (!c.gaps.empty()) texts("gaps", c.gaps);
  if (!c.hidden.empty()) {
    json_.key("hidden").begin_object();
    for (const auto& [option, n] : c.hidden) json_.member(option, n);
    json_.end_object();
  }
  texts("damage", c.damage);
  known(!c.log, "forged_rst", c.forged_rst);
  if (c.context_overlaps != 0) json_.member("context_overlaps", c.context_overlaps);
  if (c.details_missing != 0) json_.member("details_missing", c.details_missing);
  known(!c.log, "out_of_window", c.out_of_window);
  const std::vector<Remark> remarks = remarks_on(c);
  if (!remarks.empty()) {
    json_.key("remarks").begin_array();
    for (const Remark& remark : remarks) json_.value(std::string_view{remark.sentence});
    json_.end_array();
  }
  if (c.so_far) json_.member("so_far", true);
  json_.end_object();
}

/// Without packets, the counters are unknown.
void JsonReport::ledger(const CaptureInfo& c) {
  const Ledger& l = c.ledger;
  const auto count = [&](std::string_view key, std::uint64_t n) { known(!c.log, key, n); };
  json_.key("packets").begin_object(Layout::Lines);
  count("received", l.received);
  count("decoded", l.decoded);
  count("not_tcp", l.not_tcp);
  count("fragments", l.fragments);
  count("truncated", l.truncated);
  count("malformed", l.malformed);
  count("unsupported_link", l.unsupported_link);
  count("copies", l.copies);
  count("filtered", l.filtered);
  count("dropped_kernel", l.dropped_kernel);
  count("dropped_interface", l.dropped_interface);
  count("dropped_ring", l.dropped_ring);
  count("late", l.late);
  json_.end_object();
}

void JsonReport::log(const LogInfo& log) {
  json_.key("log").begin_object();
  json_.member("records", log.records);
  json_.member("filtered", log.filtered);
  json_.member("not_tcp", log.not_tcp);
  json_.member("unreadable", log.unreadable);
  texts("missing", log.missing);
  json_.end_object();
}

void JsonReport::connections(const CaptureInfo& c, const Totals& t) {
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
  json_.key("by_cause").begin_object();
  for (int i = 1; i < kCauses; ++i) {
    known(c.knows("cause"), to_string(static_cast<Cause>(i)),
          t.by_cause[static_cast<std::size_t>(i)]);
  }
  json_.end_object();
  known(c.knows("orig_bytes"), "orig_bytes", t.orig_bytes);
  known(c.knows("resp_bytes"), "resp_bytes", t.resp_bytes);
  known(c.knows("syn_retries"), "evicted", t.evicted);
  known(c.knows("syn_retries"), "syn_retries", t.syn_retries);
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
  table(key, ranked, [this](const Row& r) { rows_.row(r); });
}

template <typename Row>
void JsonReport::table(std::string_view key, const std::vector<Row>& rows) {
  json_.key(key).begin_array(Layout::Lines);
  for (const Row& row : rows) {
    json_.begin_object();
    rows_.row(row);
    json_.end_object();
  }
  json_.end_array();
}

void JsonReport::hangups(const Hangups& h) {
  json_.key("hangups").begin_object(Layout::Lines);
  table("closers", h.closers);
  table("idle_timers", h.idle_timers);
  json_.member("idle_resets", h.idle_resets);
  json_.member("idle_unknown", h.idle_unknown);
  table("port_pressure", h.pressure);
  json_.end_object();
}

void JsonReport::handshakes(const Handshakes& h) {
  json_.key("handshakes").begin_object(Layout::Lines);
  json_.member("window_seconds", std::chrono::duration<double>(h.window).count());
  table("services", h.services);
  table("networks", h.networks);
  json_.end_object();
}

/// The inventory's changes, or none without an inventory.
void JsonReport::changes(const std::vector<Table>* more) {
  const auto is_changes = [](const Table& table) { return table.key == kChanges; };
  if (more != nullptr) {
    const auto table = std::find_if(more->begin(), more->end(), is_changes);
    if (table != more->end()) return append_json_table(json_, *table);
  }
  json_.key(kChanges).begin_array();
  json_.end_array();
}

/// Attributions of the GeoIP databases, and the results of name lookups.
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

void JsonReport::timeline(const Timeline& t) {
  json_.key("timeline").begin_object(Layout::Lines);
  if (t.buckets.empty()) {
    json_.key("start").null();
  } else {
    rows_.time("start", t.start);
  }
  json_.member("bucket_seconds", std::chrono::duration<double>(t.width).count());
  json_.key("buckets").begin_array(Layout::Lines);
  for (const TimelineBucket& b : t.buckets) {
    json_.begin_object();
    json_.member("started", b.started);
    json_.member("failed", b.failed);
    rows_.bytes("bytes", b.bytes);
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

/// How many rows the arrays above lack. The longest and largest connections are extracts anyway.
void JsonReport::left_out(const SummaryData& d) {
  const auto rest = [](const auto& ranked) {
    return ranked.of - std::min<std::uint64_t>(ranked.of, ranked.rows.size());
  };
  const std::pair<std::string_view, std::uint64_t> counts[] = {
      {"services", rest(d.services)},
      {"edges", rest(d.edges)},
      {"hosts", rest(d.hosts)},
      {"countries", rest(d.countries)},
      {"networks", rest(d.networks)},
      {"scanners", rest(d.scanners)},
      {"failing", rest(d.failing)},
      {"floods", rest(d.floods)},
      {"failures", rest(d.failures)},
      {"hangups.closers", d.hangups.closers_left_out},
      {"handshakes.services", d.handshakes.services_left_out},
      {"handshakes.networks", d.handshakes.networks_left_out}};
  const auto is_left_out = [](const auto& count) { return count.second != 0; };
  if (std::none_of(std::begin(counts), std::end(counts), is_left_out)) return;
  json_.key("left_out").begin_object();
  for (const auto& [name, n] : counts) {
    if (n != 0) json_.member(name, n);
  }
  json_.end_object();
}

void JsonReport::report(const CaptureInfo& c, const SummaryData& d, std::string_view version,
                        const std::vector<Table>* more) {
  rows_.set_knows_bytes(c.knows_bytes());
  json_.begin_object(Layout::Lines);
  json_.key("synfin").begin_object();
  json_.member("version", version);
  json_.end_object();
  capture(c);
  connections(c, d.totals);
  table("services", d.services);
  table("edges", d.edges);
  table("hosts", d.hosts);
  table("countries", d.countries);
  table("networks", d.networks);
  table("scanners", d.scanners);
  table("longest", d.longest);
  timeline(d.timeline);
  changes(more);
  table("largest", d.largest);
  table("failing", d.failing, [this](const EdgeRow& e) { rows_.failing_row(e); });
  table("floods", d.floods);
  table("failures", d.failures);
  hangups(d.hangups);
  handshakes(d.handshakes);
  approximate(d);
  left_out(d);
  sources();
  if (more != nullptr) {
    for (const Table& table : *more) {
      if (table.key != kChanges) append_json_table(json_, table);
    }
  }
  json_.end_object();
}

}  // namespace

std::string render_json(const CaptureInfo& capture, const SummaryData& data, PortNames& ports,
                        AddressBook* book, std::string_view version,
                        const std::vector<Table>* more) {
  // Growing step by step would touch twice the memory. What is not used costs nothing.
  constexpr std::size_t kUsual = std::size_t{4} << 20;
  std::string out;
  out.reserve(kUsual);
  JsonReport(out, ports, book).report(capture, data, version, more);
  out += '\n';
  return out;
}

}  // namespace synfin
