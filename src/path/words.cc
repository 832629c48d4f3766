// The words and sentences of findings.h that are not about one difference.
#include <fmt/format.h>

#include "path/findings.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

std::string plural_connections(std::uint64_t n) { return plural(n, "connection", "connections"); }

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

class NoteList {
 public:
  explicit NoteList(const PathReport& report) : report_(report) {}

  void add_point(Point point);
  void add_unseen(Way way);
  void add_whole();
  std::vector<PathNote> take() { return std::move(notes_); }

 private:
  std::string name(Point point) const { return short_name(report_, point); }
  void add(std::string_view name, std::string text) { notes_.push_back({name, std::move(text)}); }

  const PathReport& report_;
  std::vector<PathNote> notes_;
};

void NoteList::add_point(Point point) {
  const std::string file = name(point);
  if (report_.full[point])
    add("limit",
        file + " is compared up to the limit of --max-packets only; what is later is ignored.");
  if (report_.control_only[point])
    add("control_only",
        file + " holds only packets with SYN, FIN or RST; others are not compared.");
  if (report_.twice[point])
    add("packets_twice", file + " shows most packets twice; copies within 10 ms are ignored.");
  if (report_.one_way[point] > 0) {
    add("one_direction", fmt::format("{} lacks one direction of {}, in which it proves no loss.",
                                     file, plural_connections(report_.one_way[point])));
  }
  if (report_.unrelated[point] > 0) {
    add("unrelated",
        fmt::format("{} of {}: not compared, because {} shows no such host.",
                    plural_connections(report_.unrelated[point]), file, name(other(point))));
  }
  if (report_.behind_nat[point] > 0) {
    add("behind_nat", fmt::format("{} of {} may belong to other hosts behind the same address.",
                                  plural_connections(report_.behind_nat[point]), file));
  }
}

void NoteList::add_unseen(Way way) {
  const WayResult& sum = report_.way[way].sum;
  const auto packets = [](std::uint64_t n) { return plural(n, "packet", "packets"); };
  if (sum.unseen_at_target > 0) {
    add("captured_not_but_arrived",
        fmt::format("{}: {} captured not, but arrived: {} misses what the receiver acknowledged.",
                    way_words(way), packets(sum.unseen_at_target), name(target_of(way))));
  }
  if (sum.unseen_at_source > 0) {
    add("captured_not_but_sent",
        fmt::format("{}: {} arrived that {} does not show.", way_words(way),
                    packets(sum.unseen_at_source), name(source_of(way))));
  }
  if (sum.ce_marks > 0) {
    add("congestion", fmt::format("{}: {} marked as \"congestion experienced\" on the way.",
                                  way_words(way), packets(sum.ce_marks)));
  }
}

void NoteList::add_whole() {
  if (!report_.overlap)
    add("no_overlap", "The captures have no time in common, so nothing is judged (--whole).");
  if (report_.clock.contradictory)
    add("clock_steps", "Packets arrive before they are sent: a clock stepped during the capture.");
  if (report_.paired() == 0) add("no_match", "No connection is in both captures.");
  if (report_.ambiguous > 0) {
    add("ambiguous", fmt::format("{} fit several of the other capture and stay unmatched.",
                                 plural_connections(report_.ambiguous)));
  }
  if (report_.swapped * 2 > report_.paired()) {
    add("swapped",
        fmt::format("The connections come from the side of {}: are the captures swapped?",
                    name(kServer)));
  }
  const std::uint64_t outside = report_.outside[kClient] + report_.outside[kServer];
  if (outside > 0) {
    add("outside", fmt::format("{} in one capture only began when the other one may not have run; "
                               "--whole judges them, too.",
                               plural_connections(outside)));
  }
}

/// "SYN, data".
std::string lost_classes(const WayResult& w) {
  std::string text;
  for (std::size_t i = 0; i < kSegmentClasses; ++i) {
    if (w.lost[i] == 0) continue;
    text +=
        fmt::format("{}{}", text.empty() ? "" : ", ", class_words(static_cast<SegmentClass>(i)));
  }
  return text;
}

std::string drift_words(const ClockModel& clock) {
  if (clock.drift_ppm == 0) return "";
  return fmt::format(", and {} {:.2f} ± {:.2f} ppm", clock.drift_ppm > 0 ? "gains" : "loses",
                     clock.drift_ppm > 0 ? clock.drift_ppm : -clock.drift_ppm,
                     clock.drift_error_ppm);
}

}  // namespace

std::vector<PathNote> notes_of(const PathReport& report) {
  NoteList list(report);
  list.add_whole();
  for (const Way way : {kToServer, kToClient}) list.add_unseen(way);
  for (const Point point : {kClient, kServer}) list.add_point(point);
  return list.take();
}

std::string clock_sentence(const PathReport& report) {
  const ClockModel& clock = report.clock;
  const std::string client = short_name(report, kClient), server = short_name(report, kServer);
  if (clock.basis == ClockBasis::Assumed)
    return "No packet is in both captures, so the clocks are taken as equal.";
  const bool ahead = clock.offset >= Duration{0};
  const Duration size = ahead ? clock.offset : -clock.offset;
  if (clock.basis == ClockBasis::OneWay) {
    return fmt::format(
        "Only {} is in both captures, so clock offset and one-way delay cannot be separated. "
        "Delays are those above the shortest, which with the offset makes {} s.",
        way_words(clock.only), format_seconds(size));
  }
  const std::string offset =
      size <= clock.bound ? fmt::format("The clocks of {} and {} agree within ± {}", client, server,
                                        format_human(clock.bound))
                          : fmt::format("{} is {} ({} s) {} {}, ± {}", server, format_human(size),
                                        format_seconds(size), ahead ? "ahead of" : "behind", client,
                                        format_human(clock.bound));
  return fmt::format(
      "{}{}. This assumes that the shortest delay is the same both ways; the bound is half the "
      "shortest round trip.",
      offset, drift_words(clock));
}

std::string short_name(const PathReport& report, Point point) {
  const std::string_view own = base_name(report.file[point]);
  const bool same = own == base_name(report.file[other(point)]);
  return same ? report.file[point] : std::string(own);
}

std::string way_words(Way way) { return way == kToServer ? "client → server" : "server → client"; }

std::string_view class_words(SegmentClass kind) {
  switch (kind) {
    case kSynSegment:
      return "SYN";
    case kSynAckSegment:
      return "SYN-ACK";
    case kData:
      return "data";
    case kFinSegment:
      return "FIN";
    case kRstSegment:
      return "RST";
    case kPureAck:
      break;
  }
  return "ACK";
}

std::string_view rewriting_name(Rewriting what) {
  constexpr std::array<std::string_view, kRewritings> kNames{
      "orig_address", "orig_port",    "resp_address", "resp_port", "sequence_numbers",
      "mss",          "window_scale", "syn_options",  "ecn_setup", "dscp"};
  return kNames[static_cast<std::size_t>(what)];
}

std::string_view rewriting_words(Rewriting what) {
  constexpr std::array<std::string_view, kRewritings> kWords{
      "Originator's address", "Originator's port",
      "Responder's address",  "Responder's port",
      "Sequence numbers",     "MSS option",
      "Window scale option",  "Options of the SYN",
      "ECN flags of the SYN", "DSCP"};
  return kWords[static_cast<std::size_t>(what)];
}

std::string signed_human(Duration d) {
  return d < Duration{0} ? "-" + format_human(-d) : format_human(d);
}

std::string summary_of(const PathConnection& c) {
  std::string text;
  const auto add = [&text](std::string_view words) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", words);
  };
  for (const Way way : {kToServer, kToClient}) {
    const WayResult& w = c.way[way];
    if (w.never_arrived) add(w.sender == kOrig ? "SYN lost" : "SYN-ACK lost");
    if (w.appeared[kRstSegment] > 0) add("RST injected");
    if (w.appeared[kSynAckSegment] > 0) add("answered on the way");
    if (w.all_lost() > 0 && !w.never_arrived)
      add(fmt::format("{} lost {}", lost_classes(w), way == kToServer ? "→" : "←"));
    if (w.reordered > 0) add("reordered");
    if (w.duplicates > 0) add("duplicated");
    if (w.dscp.segments > 0) add("DSCP");
  }
  const FiveTuple &client = c.tuple[kClient], &server = c.tuple[kServer];
  if (client.orig != server.orig) add(endpoint_text(server.orig) + " at server");
  if (client.resp != server.resp) add(endpoint_text(server.resp) + " at server");
  if (c.renumbered[kOrig] || c.renumbered[kResp]) add("renumbered");
  bool mss = false, options = false;
  for (const Sender sender : {kOrig, kResp}) {
    const Way way = sender == kOrig ? c.orig_way : other(c.orig_way);
    const SynOffer &a = c.offer[source_of(way)][sender], &b = c.offer[target_of(way)][sender];
    if (!a.seen || !b.seen || ((a.options | b.options) & kSynOptionsCutOff) != 0) continue;
    if (a.mss != b.mss && !mss) add(fmt::format("MSS {} → {}", a.mss, b.mss));
    if ((a.window_scale != b.window_scale || a.options != b.options) && !options)
      add("SYN options");
    mss = mss || a.mss != b.mss;
    options = options || a.window_scale != b.window_scale || a.options != b.options;
  }
  return text;
}

std::string_view reason_name(LoneReason reason) {
  constexpr std::array<std::string_view, 3> kNames{"syn_lost", "seen_once", "not_sent"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string summary_of(const LoneConnection& c) {
  if (c.reason == LoneReason::Elsewhere) return "only in this capture";
  if (c.reason == LoneReason::NotSent) return "never sent by the other side";
  return fmt::format("SYN lost{}{}", c.injected[kRstSegment] > 0 ? ", RST injected" : "",
                     c.injected[kSynAckSegment] > 0 ? ", answered on the way" : "");
}

}  // namespace synfin
