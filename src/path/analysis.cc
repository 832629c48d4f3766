// See analysis.h.
#include "path/analysis.h"

#include <algorithm>

#include "path/lone_connections.h"
#include "path/pair_differences.h"

namespace synfin {
namespace {

constexpr Duration kMinMargin = std::chrono::milliseconds{10};
constexpr Duration kMaxMargin = std::chrono::seconds{5};

/// Compares the paired connections in two passes: the clock is known after the first.
class PathComparison {
 public:
  PathComparison(Trace& client, Trace& server, const PathOptions& options)
      : trace_{&client, &server}, options_(options) {}

  PathReport run();

 private:
  const TracedConnection& at(Point point, const PathPair& pair) const {
    return trace_[point]->connections()[pair.connection[point]];
  }
  StreamPair streams_of(const PathPair& pair) const {
    return unroll(*trace_[kClient], *trace_[kServer], pair);
  }
  void describe_captures();
  void learn();
  void count_directions(const StreamPair& streams, Way orig_way);
  void find_overlap(const std::vector<ClockSample>& samples);
  CompareContext context_of(const PathPair& pair, const StreamPair& streams, Sender sender,
                            Way way) const;
  std::uint32_t segment_size_of(const PathPair& pair) const;
  void compare(std::size_t index);
  void finish();

  std::array<Trace*, 2> trace_;
  PathOptions options_;
  MatchResult matches_;
  std::vector<Way> orig_way_;                           ///< of the pairs
  std::array<std::array<std::uint64_t, 2>, 2> seen_{};  ///< segments by Point and Way
  std::array<bool, 2> acknowledged_{};                  ///< by Way
  PathReport report_;
};

void PathComparison::describe_captures() {
  for (const Point point : {kClient, kServer}) {
    const Trace& trace = *trace_[point];
    report_.packets[point] = trace.packets();
    report_.segments[point] = trace.observations().size();
    report_.connections[point] = trace.connections().size();
    report_.full[point] = trace.full();
    report_.twice[point] = trace.shows_packets_twice();
    report_.control_only[point] = trace.control_only();
    if (trace.packets() == 0) continue;
    report_.first[point] = trace.first();
    report_.last[point] = trace.last();
  }
}

/// A direction that one capture lacks although the other one shows that it was received.
void PathComparison::count_directions(const StreamPair& streams, Way orig_way) {
  for (const Sender sender : {kOrig, kResp}) {
    const Way way = sender == kOrig ? orig_way : other(orig_way);
    for (const Point point : {kClient, kServer}) {
      seen_[point][way] += streams.at[point][sender].size();
      for (const Sent& s : streams.at[point][other(sender)])
        acknowledged_[way] = acknowledged_[way] || (s.ack > 0 && !s.has(kRst));
    }
  }
}

/// The first pass: where each originator is, the clock, and which directions were captured.
void PathComparison::learn() {
  std::vector<ClockSample> samples;
  std::vector<std::size_t> undecided;
  std::array<std::size_t, 2> votes{};
  orig_way_.assign(matches_.pairs.size(), kToServer);
  for (std::size_t i = 0; i < matches_.pairs.size(); ++i) {
    const StreamPair streams = streams_of(matches_.pairs[i]);
    const SharedSegments shared(streams);
    const auto way = shared.way_of_originator();
    if (!way) {
      undecided.push_back(i);
      continue;
    }
    ++votes[*way];
    orig_way_[i] = *way;
    shared.append_samples(*way, samples);
    count_directions(streams, *way);
  }
  const Way usual = votes[kToClient] > votes[kToServer] ? kToClient : kToServer;
  for (const std::size_t i : undecided) {
    const StreamPair streams = streams_of(matches_.pairs[i]);
    orig_way_[i] = usual;
    SharedSegments(streams).append_samples(usual, samples);
    count_directions(streams, usual);
  }
  report_.clock = fit_clock(samples);
  find_overlap(samples);
}

void PathComparison::find_overlap(const std::vector<ClockSample>& samples) {
  if (!report_.first[kClient] && !report_.first[kServer]) return;
  Overlap overlap{.begin = Timestamp::min(), .end = Timestamp::max(), .margin = kMinMargin};
  if (options_.whole) std::swap(overlap.begin, overlap.end);
  for (const Point point : {kClient, kServer}) {
    if (!report_.first[point]) {
      if (!options_.whole) return;
      continue;
    }
    const auto by_client = [&](Timestamp t) {
      return point == kClient ? t : report_.clock.to_client(t);
    };
    const Timestamp first = by_client(*report_.first[point]),
                    last = by_client(*report_.last[point]);
    overlap.begin =
        options_.whole ? std::min(overlap.begin, first) : std::max(overlap.begin, first);
    overlap.end = options_.whole ? std::max(overlap.end, last) : std::min(overlap.end, last);
  }
  if (overlap.begin > overlap.end) return;
  Duration longest{0};
  for (const ClockSample& s : samples) longest = std::max(longest, report_.clock.delay(s));
  overlap.margin = std::clamp(2 * std::min(longest, kMaxMargin), kMinMargin, kMaxMargin);
  overlap.longest = std::min(longest, kMaxMargin);
  if (options_.whole) overlap.margin = overlap.longest = Duration{0};
  report_.overlap = overlap;
}

/// True if one point shows a way of this connection and the other one must have missed all of it,
/// because the receiver acknowledged what `receiver` shows. Routes may differ by direction.
bool is_one_way(const Stream& missing, const Stream& present, const Stream& receiver) {
  if (!missing.empty() || present.empty()) return false;
  return std::any_of(receiver.begin(), receiver.end(),
                     [](const Sent& s) { return s.ack > 0 && !s.has(kRst); });
}

CompareContext PathComparison::context_of(const PathPair& pair, const StreamPair& streams,
                                          Sender sender, Way way) const {
  CompareContext context{.clock = report_.clock, .overlap = *report_.overlap};
  context.control_only = trace_[kClient]->control_only() || trace_[kServer]->control_only();
  const Point from = source_of(way), to = target_of(way);
  const std::uint64_t sent = seen_[from][way], arrived = seen_[to][way];
  const Stream &source = streams.at[from][sender], &target = streams.at[to][sender];
  context.source_complete =
      (sent > 0 || arrived == 0) && !is_one_way(source, target, streams.at[from][other(sender)]);
  context.target_complete = (arrived > 0 || !acknowledged_[way]) &&
                            !is_one_way(target, source, streams.at[to][other(sender)]);
  context.max_segment = segment_size_of(pair);
  return context;
}

/// The bytes of data in a packet that the MSS options of both ends permit; 0 if unknown.
std::uint32_t PathComparison::segment_size_of(const PathPair& pair) const {
  constexpr std::uint32_t kTimestampBytes = 12;
  std::uint32_t size = 0;
  bool timestamps = true;
  for (const Point point : {kClient, kServer}) {
    for (const Sender sender : {kOrig, kResp}) {
      const SynOffer& offer = at(point, pair).view[sender].offer;
      if (!offer.seen) continue;
      timestamps = timestamps && (offer.options & kTimestamps) != 0;
      if (offer.mss > 0 && (size == 0 || offer.mss < size)) size = offer.mss;
    }
  }
  return timestamps && size > 2 * kTimestampBytes ? size - kTimestampBytes : size;
}

void PathComparison::compare(std::size_t index) {
  const PathPair& pair = matches_.pairs[index];
  const StreamPair streams = streams_of(pair);
  PathConnection c;
  c.pair = pair;
  c.tuple = {at(kClient, pair).tuple, at(kServer, pair).tuple};
  c.orig_way = orig_way_[index];
  for (const Sender sender : {kOrig, kResp}) {
    c.renumbered[sender] = streams.shift[sender] != 0;
    for (const Point point : {kClient, kServer})
      c.offer[point][sender] = at(point, pair).view[sender].offer;
    const Way way = sender == kOrig ? c.orig_way : other(c.orig_way);
    const CompareContext context = context_of(pair, streams, sender, way);
    report_.one_way[source_of(way)] += context.source_complete ? 0 : 1;
    report_.one_way[target_of(way)] += context.target_complete ? 0 : 1;
    c.way[way] = compare_way(streams, sender, way, context);
    c.delay[way] = figures_of(c.way[way].delays);
    auto& all = report_.way[way].delays;
    all.insert(all.end(), c.way[way].delays.begin(), c.way[way].delays.end());
    c.way[way].delays = {};
  }
  if (!add_connection(c, report_)) return;
  ++report_.differing;
  if (report_.shown.size() < kMaxShown) report_.shown.push_back(std::move(c));
}

void PathComparison::finish() {
  for (const Way way : {kToServer, kToClient}) {
    report_.delay[way] = figures_of(report_.way[way].delays);
    report_.change[way] = find_change(report_.way[way].delays);
    report_.way[way].delays = {};
  }
}

PathReport PathComparison::run() {
  matches_ = match_connections(*trace_[kClient], *trace_[kServer]);
  report_.ambiguous = matches_.ambiguous;
  describe_captures();
  learn();
  if (!report_.overlap) return std::move(report_);
  for (std::size_t i = 0; i < matches_.pairs.size(); ++i) compare(i);
  judge_lone_connections(*trace_[kClient], *trace_[kServer], matches_, orig_way_, report_);
  finish();
  return std::move(report_);
}

}  // namespace

bool PathReport::equal() const {
  const auto any = [](const auto& counts) {
    return std::any_of(counts.begin(), counts.end(), [](std::uint64_t n) { return n > 0; });
  };
  return differing == 0 && !any(lone_by_reason[kClient]) && !any(lone_by_reason[kServer]) &&
         !change[kToServer] && !change[kToClient];
}

PathReport compare_path(Trace& client, Trace& server, const PathOptions& options) {
  return PathComparison(client, server, options).run();
}

}  // namespace synfin
