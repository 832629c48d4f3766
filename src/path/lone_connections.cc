// See lone_connections.h.
#include "path/lone_connections.h"

#include <algorithm>
#include <map>

#include "path/pair_differences.h"

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

/// The segments of a lone connection as those of a pair whose other point shows none.
struct LoneSegments {
  WayResult sent;
  WayResult answers;
  bool went_on = false;  ///< it has more than SYNs and what an answer on the way explains
};

LoneSegments segments_of(const Trace& trace, const TracedConnection& c) {
  LoneSegments all;
  all.answers.sender = kResp;
  all.sent.never_arrived = true;
  all.went_on = !c.view[kOrig].offer.seen;
  for (std::uint32_t i = c.head; i != kNoIndex; i = trace.observations()[i].next) {
    const Observation& o = trace.observations()[i];
    if (o.has(Observation::kIsCopy) && trace.shows_packets_twice()) continue;
    const bool from_orig = o.sender() == kOrig;
    ++(from_orig ? all.sent.sent : all.answers.arrived);
    auto& counts = from_orig ? all.sent.lost : all.answers.appeared;
    if (o.has(kRst)) {
      ++counts[kRstSegment];
      if (!from_orig && !all.answers.rst_ttl) all.answers.rst_ttl = o.ttl;
    } else if (o.has(kSyn) && o.has(kAck) != from_orig) {
      ++counts[from_orig ? kSynSegment : kSynAckSegment];
    } else if (from_orig && o.payload == 0 && !o.has(kFin)) {
      ++counts[kPureAck];
    } else {
      all.went_on = true;
    }
  }
  // An acknowledgement proves an answer, which the capture may lack.
  all.went_on |= all.sent.lost[kPureAck] > 0 && all.answers.appeared[kSynAckSegment] == 0;
  return all;
}

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
  void learn_ttl(Point point, std::uint32_t connection, Sender far);
  void add_lost_syns(Point point, const TracedConnection& c, const LoneSegments& segments);

  std::array<const Trace*, 2> trace_;
  PathReport& report_;
  // By Point, as its capture shows the addresses:
  std::array<AddressSet, 2> near_;    ///< of hosts on its own side of the path
  std::array<AddressSet, 2> beyond_;  ///< of hosts on the other side
  std::array<AddressSet, 2> shared_;  ///< of hosts on the other side that NAT hides
  std::array<AddressSet, 2> seen_;    ///< all
  std::array<std::map<Address, std::uint8_t>, 2> ttl_;  ///< of hosts on the other side
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
      learn_ttl(point, matches.pairs[i].connection[point], orig_is_near ? kResp : kOrig);
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

/// Stores the TTL of packets that a host beyond the path has sent itself.
void LoneJudge::learn_ttl(Point point, std::uint32_t connection, Sender far) {
  const TracedConnection& c = trace_[point]->connections()[connection];
  const Address& host = (far == kOrig ? c.tuple.orig : c.tuple.resp).address;
  if (ttl_[point].contains(host)) return;
  for (std::uint32_t i = c.head; i != kNoIndex; i = trace_[point]->observations()[i].next) {
    const Observation& o = trace_[point]->observations()[i];
    if (o.sender() != far || o.has(kRst)) continue;
    ttl_[point].emplace(host, o.ttl);
    return;
  }
}

void LoneJudge::add_lost_syns(Point point, const TracedConnection& c,
                              const LoneSegments& segments) {
  const Way way = point == kClient ? kToServer : kToClient;
  add_way(segments.sent, c.tuple.resp, report_.way[way]);
  ++report_.way[way].syns;
  if (segments.answers.arrived == 0) return;
  WayTotals& back = report_.way[other(way)];
  add_way(segments.answers, c.tuple.resp, back);
  const auto own = ttl_[point].find(c.tuple.resp.address);
  if (!segments.answers.rst_ttl || own == ttl_[point].end()) return;
  if (!back.sum.ttl) back.sum.ttl = own->second;
  back.odd_ttl += *segments.answers.rst_ttl != own->second;
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
  const LoneSegments segments = segments_of(*trace_[point], c);
  const LoneReason reason = from_beyond        ? LoneReason::NotSent
                            : segments.went_on ? LoneReason::Elsewhere
                                               : LoneReason::SynLost;
  if (reason == LoneReason::SynLost) add_lost_syns(point, c, segments);
  ++report_.lone_by_reason[point][static_cast<std::size_t>(reason)];
  if (report_.lone.size() == kMaxShown) return;
  report_.lone.push_back({point, c.tuple, c.first, c.segments(), reason, {}});
  if (reason == LoneReason::SynLost) report_.lone.back().injected = segments.answers.appeared;
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
