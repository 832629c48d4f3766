// See pair_differences.h.
#include "path/pair_differences.h"

#include <fmt/format.h>

#include <algorithm>

#include "synfin/report/format.h"

namespace synfin {
namespace {

/// The segment that opens the connection on this way.
SegmentClass opening(const WayResult& w) {
  return w.sender == kOrig ? kSynSegment : kSynAckSegment;
}

void add_counts(const WayResult& w, WayResult& sum) {
  sum.sent += w.sent;
  sum.arrived += w.arrived;
  for (std::size_t i = 0; i < kSegmentClasses; ++i) {
    sum.lost[i] += w.lost[i];
    sum.appeared[i] += w.appeared[i];
  }
  sum.lost_bytes += w.lost_bytes;
  sum.unseen_at_target += w.unseen_at_target;
  sum.unseen_at_source += w.unseen_at_source;
  sum.duplicates += w.duplicates;
  sum.reordered += w.reordered;
  sum.ce_marks += w.ce_marks;
  sum.ecn_cleared += w.ecn_cleared;
  if (!sum.rst_ttl) sum.rst_ttl = w.rst_ttl;
  if (!sum.ttl && w.rst_ttl) sum.ttl = w.ttl;
  if (sum.dscp.segments == 0)
    sum.dscp = w.dscp;
  else
    sum.dscp.segments += w.dscp.segments;
}

class RewritingCounter {
 public:
  explicit RewritingCounter(PathReport& report) : report_(report) {}

  void add(Rewriting what, std::string from, std::string to) {
    RewritingTotal& total = report_.rewritten[static_cast<std::size_t>(what)];
    if (total.connections++ == 0) {
      total.from = std::move(from);
      total.to = std::move(to);
    }
    any_ = true;
  }
  bool any() const { return any_; }

 private:
  PathReport& report_;
  bool any_ = false;
};

void add_tuple(const PathConnection& c, RewritingCounter& rewritten) {
  const FiveTuple &a = c.tuple[kClient], &b = c.tuple[kServer];
  const auto address = [&](Rewriting what, const Endpoint& from, const Endpoint& to) {
    if (from.address != to.address)
      rewritten.add(what, from.address.to_string(), to.address.to_string());
  };
  const auto port = [&](Rewriting what, const Endpoint& from, const Endpoint& to) {
    if (from.port != to.port)
      rewritten.add(what, fmt::format("{}", from.port), fmt::format("{}", to.port));
  };
  address(Rewriting::OrigAddress, a.orig, b.orig);
  port(Rewriting::OrigPort, a.orig, b.orig);
  address(Rewriting::RespAddress, a.resp, b.resp);
  port(Rewriting::RespPort, a.resp, b.resp);
  if (c.renumbered[kOrig] || c.renumbered[kResp]) rewritten.add(Rewriting::SequenceNumbers, {}, {});
}

std::string scale_text(std::uint8_t scale) {
  return scale == kNoWindowScale ? "none" : fmt::format("{}", scale);
}

std::string options_text(std::uint8_t options) {
  const bool sack = (options & kSackPermitted) != 0, times = (options & kTimestamps) != 0;
  return sack && times ? "SACK and timestamps" : sack ? "SACK" : times ? "timestamps" : "neither";
}

std::string ecn_text(std::uint16_t flags) {
  return (flags & kEce) == 0 ? "no ECN" : (flags & kCwr) != 0 ? "ECE and CWR" : "ECE";
}

std::string mss_text(std::uint16_t mss) { return mss == 0 ? "none" : fmt::format("{}", mss); }

/// Each kind counts once for a connection, in the order from source to target.
void add_offers(const PathConnection& c, RewritingCounter& rewritten) {
  std::array<bool, kRewritings> counted{};
  const auto once = [&](Rewriting what, std::string from, std::string to) {
    bool& done = counted[static_cast<std::size_t>(what)];
    if (from == to || done) return;
    done = true;
    rewritten.add(what, std::move(from), std::move(to));
  };
  for (const Sender sender : {kOrig, kResp}) {
    const Way way = sender == kOrig ? c.orig_way : other(c.orig_way);
    const SynOffer &a = c.offer[source_of(way)][sender], &b = c.offer[target_of(way)][sender];
    if (!a.seen || !b.seen) continue;
    once(Rewriting::Ecn, ecn_text(a.ecn), ecn_text(b.ecn));
    if (((a.options | b.options) & kSynOptionsCutOff) != 0) continue;
    once(Rewriting::Mss, mss_text(a.mss), mss_text(b.mss));
    once(Rewriting::WindowScale, scale_text(a.window_scale), scale_text(b.window_scale));
    once(Rewriting::SynOptions, options_text(a.options), options_text(b.options));
  }
}

}  // namespace

bool add_way(const WayResult& w, const Endpoint& responder, WayTotals& totals) {
  add_counts(w, totals.sum);
  if (w.sent + w.arrived > 0) ++totals.connections;
  for (std::size_t i = 0; i < kSegmentClasses; ++i) totals.lossy[i] += w.lost[i] > 0;
  if (w.never_arrived) {
    const bool syn = opening(w) == kSynSegment;
    ++(syn ? totals.syn_never_arrived : totals.syn_ack_never_arrived);
    (syn ? totals.syn_losers : totals.syn_ack_losers).add(responder);
  }
  const bool injected = w.appeared[kRstSegment] > 0;
  totals.injected += injected;
  if (injected) totals.reset.add(responder);
  totals.odd_ttl += injected && w.ttl && w.rst_ttl && *w.ttl != *w.rst_ttl;
  totals.answered += w.appeared[kSynAckSegment] > 0;
  const bool raised = w.ttl && w.max_hops < 0;
  totals.raised_ttl += raised;
  if (w.ttl) {
    totals.max_hops = totals.min_hops ? std::max(totals.max_hops, w.max_hops) : w.max_hops;
    totals.min_hops = std::min(totals.min_hops.value_or(w.min_hops), w.min_hops);
  }
  return w.all_lost() + w.duplicates + w.reordered + w.ecn_cleared + w.dscp.segments > 0 ||
         injected || w.appeared[kSynAckSegment] > 0 || raised;
}

bool add_connection(const PathConnection& c, PathReport& report) {
  ++report.pairs[static_cast<std::size_t>(c.pair.basis)];
  report.swapped += c.orig_way == kToClient;
  bool differs = false;
  for (const Way way : {kToServer, kToClient}) {
    differs = add_way(c.way[way], c.tuple[kClient].resp, report.way[way]) || differs;
    const std::size_t opens = opening(c.way[way]);
    const bool left = c.offer[source_of(way)][c.way[way].sender].seen;
    if (left) ++(opens == kSynSegment ? report.way[way].syns : report.way[way].syn_acks);
  }
  RewritingCounter rewritten(report);
  add_tuple(c, rewritten);
  add_offers(c, rewritten);
  const FieldChange* dscp = c.way[0].dscp.segments > 0 ? &c.way[0].dscp : &c.way[1].dscp;
  if (dscp->segments > 0)
    rewritten.add(Rewriting::Dscp, fmt::format("{}", dscp->from), fmt::format("{}", dscp->to));
  return rewritten.any() || differs;
}

}  // namespace synfin
