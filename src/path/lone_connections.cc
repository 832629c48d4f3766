// See lone_connections.h.
#include "path/lone_connections.h"

#include <algorithm>

namespace synfin {
namespace {

/// A set of addresses, sorted once all are known.
class AddressSet {
 public:
  void add(const Address& address) { addresses_.push_back(address); }
  void sort() {
    std::sort(addresses_.begin(), addresses_.end());
    addresses_.erase(std::unique(addresses_.begin(), addresses_.end()), addresses_.end());
  }
  bool contains(const Address& address) const {
    return std::binary_search(addresses_.begin(), addresses_.end(), address);
  }

 private:
  std::vector<Address> addresses_;
};

class LoneJudge {
 public:
  LoneJudge(const Trace& client, const Trace& server, PathReport& report)
      : trace_{&client, &server}, report_(report) {}

  void learn(const MatchResult& matches, const std::vector<Way>& orig_way);
  void judge(Point point, std::uint32_t connection);

 private:
  bool is_beyond(Point point, const Address& address) const {
    return beyond_[point].contains(address) ||
           (!near_[point].contains(address) && seen_[other(point)].contains(address));
  }
  static LoneReason reason_of(const TracedConnection& c, bool from_beyond);
  void add_lost_syns(Point point, const TracedConnection& c);

  std::array<const Trace*, 2> trace_;
  PathReport& report_;
  // By Point, as its capture shows the addresses:
  std::array<AddressSet, 2> near_;    ///< of hosts on its own side of the path
  std::array<AddressSet, 2> beyond_;  ///< of hosts on the other side
  std::array<AddressSet, 2> shared_;  ///< of hosts on the other side that NAT hides
  std::array<AddressSet, 2> seen_;    ///< all
};

void LoneJudge::learn(const MatchResult& matches, const std::vector<Way>& orig_way) {
  for (std::size_t i = 0; i < matches.pairs.size(); ++i) {
    std::array<const FiveTuple*, 2> tuple{};
    for (const Point point : {kClient, kServer})
      tuple[point] = &trace_[point]->connections()[matches.pairs[i].connection[point]].tuple;
    const bool orig_at_client = orig_way[i] == kToServer;
    for (const Point point : {kClient, kServer}) {
      const bool orig_is_near = orig_at_client == (point == kClient);
      const auto near = orig_is_near ? &FiveTuple::orig : &FiveTuple::resp;
      const auto far = orig_is_near ? &FiveTuple::resp : &FiveTuple::orig;
      near_[point].add((tuple[point]->*near).address);
      beyond_[point].add((tuple[point]->*far).address);
      if ((tuple[kClient]->*far).address != (tuple[kServer]->*far).address)
        shared_[point].add((tuple[point]->*far).address);
    }
  }
  for (const Point point : {kClient, kServer}) {
    for (const TracedConnection& c : trace_[point]->connections()) {
      seen_[point].add(c.tuple.orig.address);
      seen_[point].add(c.tuple.resp.address);
    }
    for (AddressSet* set : {&near_[point], &beyond_[point], &shared_[point], &seen_[point]})
      set->sort();
  }
}

LoneReason LoneJudge::reason_of(const TracedConnection& c, bool from_beyond) {
  if (from_beyond) return LoneReason::NotSent;
  const bool only_syn = c.view[kOrig].offer.seen && c.view[kResp].segments == 0;
  return only_syn ? LoneReason::SynLost : LoneReason::Elsewhere;
}

void LoneJudge::add_lost_syns(Point point, const TracedConnection& c) {
  const Way way = point == kClient ? kToServer : kToClient;
  WayTotals& totals = report_.way[way];
  totals.sum.sent += c.view[kOrig].segments;
  totals.sum.lost[kSynSegment] += c.view[kOrig].segments;
  ++totals.lossy[kSynSegment];
  ++totals.syns;
  ++totals.syn_never_arrived;
  totals.syn_losers.add(c.tuple.resp);
}

void LoneJudge::judge(Point point, std::uint32_t connection) {
  const TracedConnection& c = trace_[point]->connections()[connection];
  const Timestamp first = point == kClient ? c.first : report_.clock.to_client(c.first);
  const bool to_beyond = is_beyond(point, c.tuple.resp.address);
  const bool from_beyond = is_beyond(point, c.tuple.orig.address);
  const Overlap& overlap = *report_.overlap;
  if (from_beyond ? !overlap.judges_arrived(first) : !overlap.judges_sent(first)) {
    ++report_.outside[point];
    return;
  }
  if (to_beyond == from_beyond) {
    ++report_.unrelated[point];
    return;
  }
  if (from_beyond && shared_[point].contains(c.tuple.orig.address)) {
    ++report_.behind_nat[point];
    return;
  }
  const LoneReason reason = reason_of(c, from_beyond);
  if (reason == LoneReason::SynLost) add_lost_syns(point, c);
  ++report_.lone_by_reason[point][static_cast<std::size_t>(reason)];
  if (report_.lone.size() < kMaxShown)
    report_.lone.push_back({point, c.tuple, c.first, c.segments(), reason});
}

}  // namespace

void judge_lone_connections(const Trace& client, const Trace& server, const MatchResult& matches,
                            const std::vector<Way>& orig_way, PathReport& report) {
  LoneJudge judge(client, server, report);
  judge.learn(matches, orig_way);
  for (const Point point : {kClient, kServer}) {
    for (const std::uint32_t connection : matches.only[point]) judge.judge(point, connection);
  }
}

}  // namespace synfin
