// See findings.h.
#include "path/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/report/format.h"

namespace synfin {
namespace {

std::string_view host_of(Point point) { return point == kClient ? "client" : "server"; }
std::string_view source_words(Way way) { return host_of(source_of(way)); }
std::string_view target_words(Way way) { return host_of(target_of(way)); }

std::string connections_words(std::uint64_t n) { return plural(n, "connection", "connections"); }

std::string of_words(std::uint64_t n, std::uint64_t of) {
  return of <= n ? "all " + connections_words(n)
                 : fmt::format("{} of {}", with_separators(n), connections_words(of));
}

/// ", all to 192.0.2.1:443".
std::string responder_words(const CommonResponder& common, std::uint64_t connections) {
  const auto responder = common.get();
  if (!responder || connections < 2) return "";
  return ", all to " + endpoint_text(*responder);
}

class FindingList {
 public:
  FindingList(const PathReport& report, Zone zone) : report_(report), zone_(zone) {}

  void add_handshakes(Way way);
  void add_injected(Way way);
  void add_lone();
  void add_losses(Way way);
  void add_disorder(Way way);
  void add_change(Way way);
  void add_rewritten();
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  const PathReport& report_;
  Zone zone_;
  std::vector<Finding> findings_;
};

void FindingList::add_handshakes(Way way) {
  const WayTotals& w = report_.way[way];
  const auto add = [&](std::string_view name, std::string_view segment, std::uint64_t n,
                       std::uint64_t of, const CommonResponder& responder) {
    if (n == 0) return;
    findings_.push_back({.name = name, .group = "lost", .way = way, .connections = n, .of = of});
    findings_.back().text = fmt::format("The {} left the {} and never reached the {}: {}{}.",
                                        segment, source_words(way), target_words(way),
                                        of_words(n, of), responder_words(responder, n));
  };
  add("syn_lost", "SYN", w.syn_never_arrived, w.syns, w.syn_losers);
  add("syn_ack_lost", "SYN-ACK", w.syn_ack_never_arrived, w.syn_acks, w.syn_ack_losers);
}

void FindingList::add_injected(Way way) {
  const WayTotals& w = report_.way[way];
  if (w.injected > 0) {
    Finding f{.name = "rst_injected", .group = "reset", .way = way, .connections = w.injected};
    f.packets = w.sum.appeared[kRstSegment];
    f.text = fmt::format("{} reached the {} that the {} never sent, in {}{}: injected on the way.",
                         plural(f.packets, "RST", "RSTs"), target_words(way), source_words(way),
                         connections_words(f.connections), responder_words(w.reset, f.connections));
    if (w.odd_ttl > 0 && w.sum.ttl && w.sum.rst_ttl) {
      f.text +=
          fmt::format(" In {} the TTL differs from that of the {}'s own packets, as {} from {}.",
                      w.odd_ttl == w.injected ? "all" : with_separators(w.odd_ttl),
                      source_words(way), *w.sum.rst_ttl, *w.sum.ttl);
    }
    findings_.push_back(std::move(f));
  }
  if (w.answered == 0) return;
  Finding f{.name = "syn_ack_injected", .group = "answered", .way = way, .connections = w.answered};
  f.packets = w.sum.appeared[kSynAckSegment];
  f.text = fmt::format(
      "SYN-ACKs reached the {} that the {} never sent, in {}: a proxy or firewall answers for it.",
      target_words(way), source_words(way), connections_words(w.answered));
  findings_.push_back(std::move(f));
}

void FindingList::add_lone() {
  for (const Point point : {kClient, kServer}) {
    const auto& by_reason = report_.lone_by_reason[point];
    const auto elsewhere = by_reason[static_cast<std::size_t>(LoneReason::Elsewhere)];
    if (elsewhere > 0) {
      findings_.push_back({.name = "seen_once", .group = "missing", .connections = elsewhere});
      findings_.back().text = fmt::format(
          "{} of the {} went on, but {} shows nothing of it: it took another path, or a device "
          "answered or changed it beyond recognition.",
          connections_words(elsewhere), host_of(point), short_name(report_, other(point)));
    }
    const auto not_sent = by_reason[static_cast<std::size_t>(LoneReason::NotSent)];
    if (not_sent == 0) continue;
    findings_.push_back({.name = "not_sent", .group = "missing", .connections = not_sent});
    findings_.back().text = fmt::format(
        "{} reached the {} with an address of the other side, but {} shows nothing of it.",
        connections_words(not_sent), host_of(point), short_name(report_, other(point)));
  }
}

void FindingList::add_losses(Way way) {
  const WayTotals& w = report_.way[way];
  const std::uint64_t lost = w.sum.all_lost();
  if (lost == 0) return;
  Finding f{.name = "packets_lost", .group = "lost", .way = way, .packets = lost};
  std::string kinds;
  for (std::size_t i = 0; i < kSegmentClasses; ++i) {
    f.connections = std::max(f.connections, w.lossy[i]);
    if (w.sum.lost[i] == 0) continue;
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", with_separators(w.sum.lost[i]),
                         class_words(static_cast<SegmentClass>(i)));
  }
  // With segmentation offload, one segment of the source's capture is many packets.
  const std::uint64_t sent = std::max(w.sum.sent, w.sum.arrived + lost);
  f.text = fmt::format("{}: {} of {} lost ({}): {}.", way_words(way), with_separators(lost),
                       plural(sent, "packet", "packets"), percent_of(lost, sent), kinds);
  findings_.push_back(std::move(f));
}

void FindingList::add_disorder(Way way) {
  const WayResult& sum = report_.way[way].sum;
  const auto add = [&](std::string_view name, std::string_view group, std::uint64_t n,
                       std::string_view what) {
    if (n == 0) return;
    findings_.push_back({.name = name, .group = group, .way = way, .packets = n});
    findings_.back().text =
        fmt::format("{}: {} {}.", way_words(way), plural(n, "packet", "packets"), what);
  };
  add("reordered", "reordered", sum.reordered, "arrived after one that was sent later");
  add("duplicated", "duplicated", sum.duplicates, "arrived twice although sent once");
  add("ecn_cleared", "rewritten", sum.ecn_cleared, "lost the ECN mark of the IP header");
  const std::uint64_t raised = report_.way[way].raised_ttl;
  if (raised == 0) return;
  findings_.push_back(
      {.name = "ttl_raised", .group = "rewritten", .way = way, .connections = raised});
  findings_.back().text = fmt::format("{}: the TTL is higher on arrival than when sent, in {}.",
                                      way_words(way), connections_words(raised));
}

void FindingList::add_change(Way way) {
  const auto& change = report_.change[way];
  if (!change) return;
  Finding f{.name = "delay_changed", .group = "delayed", .way = way};
  f.from = signed_human(change->before);
  f.to = signed_human(change->after);
  f.text = fmt::format("{}: from {} on, packets take {} instead of {}.", way_words(way),
                       format_time_of_day(change->when, zone_).substr(0, 12), f.to, f.from);
  findings_.push_back(std::move(f));
}

void FindingList::add_rewritten() {
  for (std::size_t i = 0; i < kRewritings; ++i) {
    const RewritingTotal& total = report_.rewritten[i];
    if (total.connections == 0) continue;
    Finding f{.name = rewriting_name(static_cast<Rewriting>(i)),
              .group = "rewritten",
              .way = {},
              .connections = total.connections,
              .of = report_.paired()};
    f.from = total.from;
    f.to = total.to;
    const std::string example =
        total.from.empty() ? ""
                           : fmt::format("{}{} to {}", total.connections == 1 ? ", " : ", as ",
                                         total.from, total.to);
    f.text = fmt::format("{}{}: {}.", rewriting_words(static_cast<Rewriting>(i)), example,
                         of_words(f.connections, f.of));
    findings_.push_back(std::move(f));
  }
}

}  // namespace

std::vector<Finding> findings_of(const PathReport& report, Zone zone) {
  FindingList list(report, zone);
  for (const Way way : {kToServer, kToClient}) list.add_handshakes(way);
  for (const Way way : {kToServer, kToClient}) list.add_injected(way);
  list.add_lone();
  for (const Way way : {kToServer, kToClient}) list.add_losses(way);
  for (const Way way : {kToServer, kToClient}) list.add_change(way);
  for (const Way way : {kToServer, kToClient}) list.add_disorder(way);
  list.add_rewritten();
  return list.take();
}

}  // namespace synfin
