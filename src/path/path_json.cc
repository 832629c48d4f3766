// PathReport → JSON lines. See render_path.h.
#include "path/findings.h"
#include "path/render_path.h"
#include "synfin/report/format.h"
#include "synfin/report/json_writer.h"

namespace synfin {
namespace {

std::string_view way_name(Way way) { return way == kToServer ? "to_server" : "to_client"; }
std::string_view point_name(Point point) { return point == kClient ? "client" : "server"; }

std::string_view class_name(std::size_t kind) {
  constexpr std::array<std::string_view, kSegmentClasses> kNames{"syn", "syn_ack", "data",
                                                                 "fin", "rst",     "ack"};
  return kNames[kind];
}

double seconds(Duration d) { return static_cast<double>(d.count()) / 1e9; }

/// Begins a line of this kind; its end is the destructor.
class JsonLine {
 public:
  JsonLine(std::string& out, std::string_view kind) : out_(out), json_(out) {
    json_.begin_object();
    json_.member("kind", kind);
  }
  ~JsonLine() {
    json_.end_object();
    out_ += '\n';
  }
  JsonLine(const JsonLine&) = delete;
  JsonLine& operator=(const JsonLine&) = delete;
  JsonWriter* operator->() { return &json_; }
  JsonWriter& operator*() { return json_; }

 private:
  std::string& out_;
  JsonWriter json_;
};

void append_tuple(JsonWriter& json, const FiveTuple& tuple) {
  json.begin_object();
  json.member("orig", tuple.orig.address.to_string());
  json.member("orig_port", std::uint64_t{tuple.orig.port});
  json.member("resp", tuple.resp.address.to_string());
  json.member("resp_port", std::uint64_t{tuple.resp.port});
  json.end_object();
}

void append_capture(std::string& out, const PathReport& report, Point point) {
  JsonLine line(out, "capture");
  line->member("point", point_name(point));
  line->member("file", std::string_view(report.file[point]));
  line->member("packets", report.packets[point]);
  line->member("tcp_packets", report.segments[point]);
  line->member("connections", report.connections[point]);
  if (report.first[point]) {
    line->member("first", std::string_view(exact_rfc3339(*report.first[point])));
    line->member("last", std::string_view(exact_rfc3339(*report.last[point])));
  }
  line->member("limit_reached", report.full[point]);
  line->member("control_only", report.control_only[point]);
  line->member("one_direction", report.one_way[point]);
  line->member("packets_twice", report.twice[point]);
  line->member("unrelated", report.unrelated[point]);
  line->member("outside_overlap", report.outside[point]);
  line->member("behind_nat", report.behind_nat[point]);
}

void append_clock(std::string& out, const PathReport& report) {
  const ClockModel& clock = report.clock;
  JsonLine line(out, "clock");
  line->member("basis", clock.basis == ClockBasis::BothWays ? "both_directions"
                        : clock.basis == ClockBasis::OneWay ? "one_direction"
                                                            : "assumed");
  line->member("offset", seconds(clock.offset));
  if (clock.basis == ClockBasis::BothWays) line->member("bound", seconds(clock.bound));
  if (clock.drift_ppm != 0) {
    line->member("drift_ppm", clock.drift_ppm);
    line->member("drift_error_ppm", clock.drift_error_ppm);
  }
  if (clock.basis != ClockBasis::Assumed)
    line->member("at", std::string_view(exact_rfc3339(clock.reference)));
  line->member("text", std::string_view(clock_sentence(report)));
}

void append_match(std::string& out, const PathReport& report) {
  JsonLine line(out, "match");
  line->member("connections", report.paired());
  line->member("by_tuple", report.pairs[0]);
  line->member("by_numbers", report.pairs[1]);
  line->member("by_pattern", report.pairs[2]);
  line->member("ambiguous", report.ambiguous);
  line->member("differing", report.differing);
  if (!report.overlap) return;
  line->member("begin", std::string_view(exact_rfc3339(report.overlap->begin)));
  line->member("end", std::string_view(exact_rfc3339(report.overlap->end)));
}

void append_delay_members(JsonWriter& json, const DelayFigures& d) {
  json.member("samples", d.samples);
  if (d.samples == 0) return;
  json.member("p50", seconds(d.p50));
  json.member("p99", seconds(d.p99));
  json.member("max", seconds(d.max));
}

void append_delay(std::string& out, const PathReport& report, Way way) {
  JsonLine line(out, "delay");
  line->member("way", way_name(way));
  append_delay_members(*line, report.delay[way]);
  if (!report.way[way].min_hops) return;
  line->member("min_ttl_steps", static_cast<double>(*report.way[way].min_hops));
  line->member("max_ttl_steps", static_cast<double>(report.way[way].max_hops));
}

void append_finding(std::string& out, const Finding& finding) {
  JsonLine line(out, "finding");
  line->member("finding", finding.name);
  if (finding.way) line->member("way", way_name(*finding.way));
  if (finding.connections > 0) line->member("connections", finding.connections);
  if (finding.of > 0) line->member("of", finding.of);
  if (finding.packets > 0) line->member("packets", finding.packets);
  if (!finding.from.empty()) {
    line->member("from", std::string_view(finding.from));
    line->member("to", std::string_view(finding.to));
  }
  line->member("text", std::string_view(finding.text));
}

void append_classes(JsonWriter& json, std::string_view key,
                    const std::array<std::uint64_t, kSegmentClasses>& counts) {
  json.key(key).begin_object();
  for (std::size_t i = 0; i < kSegmentClasses; ++i) {
    if (counts[i] > 0) json.member(class_name(i), counts[i]);
  }
  json.end_object();
}

void append_way(JsonWriter& json, const WayResult& w, const DelayFigures& delay) {
  json.begin_object();
  json.member("sent", w.sent);
  json.member("arrived", w.arrived);
  append_classes(json, "lost", w.lost);
  json.member("lost_bytes", w.lost_bytes);
  append_classes(json, "injected", w.appeared);
  json.member("captured_not_but_arrived", w.unseen_at_target);
  json.member("captured_not_but_sent", w.unseen_at_source);
  json.member("reordered", w.reordered);
  json.member("duplicated", w.duplicates);
  json.key("delay").begin_object();
  append_delay_members(json, delay);
  json.end_object();
  json.end_object();
}

void append_offers(JsonWriter& json, const PathConnection& c, Point point) {
  json.begin_object();
  for (const Sender sender : {kOrig, kResp}) {
    const SynOffer& offer = c.offer[point][sender];
    if (!offer.seen) continue;
    json.key(sender == kOrig ? "syn" : "syn_ack").begin_object();
    json.member("mss", std::uint64_t{offer.mss});
    if (offer.window_scale != kNoWindowScale)
      json.member("window_scale", std::uint64_t{offer.window_scale});
    json.member("sack", (offer.options & kSackPermitted) != 0);
    json.member("timestamps", (offer.options & kTimestamps) != 0);
    json.end_object();
  }
  json.end_object();
}

void append_connection(std::string& out, const PathConnection& c) {
  constexpr std::array<std::string_view, 3> kBasis{"tuple", "numbers", "pattern"};
  JsonLine line(out, "connection");
  line->member("match", kBasis[static_cast<std::size_t>(c.pair.basis)]);
  line->member("opened_by", point_name(source_of(c.orig_way)));
  for (const Point point : {kClient, kServer}) {
    line->key(point == kClient ? "at_client" : "at_server");
    append_tuple(*line, c.tuple[point]);
  }
  for (const Way way : {kToServer, kToClient}) {
    line->key(way_name(way));
    append_way(*line, c.way[way], c.delay[way]);
  }
  line->member("renumbered", c.renumbered[kOrig] || c.renumbered[kResp]);
  line->key("offers_at_client");
  append_offers(*line, c, kClient);
  line->key("offers_at_server");
  append_offers(*line, c, kServer);
  line->member("text", std::string_view(summary_of(c)));
}

void append_lone(std::string& out, const LoneConnection& c) {
  JsonLine line(out, "lone");
  line->member("point", point_name(c.point));
  line->key("tuple");
  append_tuple(*line, c.tuple);
  line->member("first", std::string_view(exact_rfc3339(c.first)));
  line->member("packets", c.segments);
  line->member("reason", reason_name(c.reason));
  append_classes(*line, "injected", c.injected);
}

}  // namespace

std::string render_path_json(const PathReport& report) {
  std::string out;
  for (const Point point : {kClient, kServer}) append_capture(out, report, point);
  append_match(out, report);
  append_clock(out, report);
  for (const Way way : {kToServer, kToClient}) append_delay(out, report, way);
  for (const Finding& finding : findings_of(report, Zone::Utc)) append_finding(out, finding);
  for (const PathNote& note : notes_of(report)) {
    JsonLine line(out, "note");
    line->member("note", note.name);
    line->member("text", std::string_view(note.text));
  }
  for (const PathConnection& c : report.shown) append_connection(out, c);
  for (const LoneConnection& c : report.lone) append_lone(out, c);
  return out;
}

}  // namespace synfin
