// See compare.h.
#include "path/compare.h"

#include <algorithm>
#include <numeric>

#include "path/same_segments.h"

namespace synfin {
namespace {

/// A shorter round trip between the points does not show on which side the originator is: a capture
/// in microseconds cuts times off, which changes the difference of two by up to a microsecond.
constexpr Duration kMinRoundTrip = std::chrono::microseconds{2};

constexpr std::uint8_t kEcnBits = 3, kCongestionExperienced = 3;

const Stream& at_source(const StreamPair& p, Sender sender, Way way) {
  return p.at[source_of(way)][sender];
}
const Stream& at_target(const StreamPair& p, Sender sender, Way way) {
  return p.at[target_of(way)][sender];
}

/// Compares the two streams of one sender.
class WayComparison {
 public:
  WayComparison(const StreamPair& streams, Sender sender, Way way, const CompareContext& context)
      : streams_(streams),
        context_(context),
        way_(way),
        source_(at_source(streams, sender, way)),
        target_(at_target(streams, sender, way)) {
    result_.sender = sender;
  }

  WayResult run();

 private:
  Timestamp by_client(Point point, Timestamp time) const {
    return point == kClient ? time : context_.clock.to_client(time);
  }
  bool judges_sent(const Sent& s) const {
    return context_.source_complete && context_.target_complete &&
           context_.overlap.judges_sent(by_client(source_of(way_), s.time));
  }
  bool judges_arrived(const Sent& s) const {
    return context_.source_complete && context_.target_complete &&
           context_.overlap.judges_arrived(by_client(target_of(way_), s.time));
  }
  bool compares(SegmentClass kind) const {
    return !context_.control_only || (kind != kData && kind != kPureAck);
  }
  void find_acknowledged();
  void count_group(const SegmentGroup& group);
  void count_data(std::vector<ByteRange> ranges);
  void count_appeared(const SegmentGroup& group, std::uint64_t more);
  void follow(const std::vector<SameSegment>& same);
  void count_in_overlap(const std::vector<SameSegment>& same);
  void compare_headers(const Sent& sent, const Sent& arrived);
  std::uint32_t packet_size() const;

  const StreamPair& streams_;
  const CompareContext& context_;
  Way way_;
  const Stream& source_;
  const Stream& target_;
  std::int64_t acknowledged_ = -1;  ///< the highest position that the receiver has acknowledged
  WayResult result_;
};

/// An RST acknowledges, too, if its own sender's capture shows it: otherwise it may be forged.
void WayComparison::find_acknowledged() {
  const Sender receiver = other(result_.sender);
  for (const Point point : {kClient, kServer}) {
    for (const Sent& s : streams_.at[point][receiver]) {
      const bool genuine = !s.has(kRst) || point == target_of(way_);
      if (genuine && s.has(kAck)) acknowledged_ = std::max(acknowledged_, s.ack);
    }
  }
}

void WayComparison::count_appeared(const SegmentGroup& g, std::uint64_t more) {
  if (g.source.empty() && (g.kind == kRstSegment || g.kind == kSynAckSegment)) {
    result_.appeared[g.kind] += more;
    if (g.kind == kRstSegment && !result_.rst_ttl) result_.rst_ttl = target_[g.target.front()].ttl;
  } else {
    result_.unseen_at_source += more;
  }
}

void WayComparison::count_group(const SegmentGroup& g) {
  if (!compares(g.kind)) return;
  const auto sent = static_cast<std::uint64_t>(std::count_if(
      g.source.begin(), g.source.end(), [&](auto i) { return judges_sent(source_[i]); }));
  const auto arrived = static_cast<std::uint64_t>(std::count_if(
      g.target.begin(), g.target.end(), [&](auto i) { return judges_arrived(target_[i]); }));
  if (sent > g.target.size()) {
    const std::uint64_t missing = sent - g.target.size();
    const bool has_number = g.kind != kRstSegment && g.kind != kPureAck;
    if (g.target.empty() && has_number && acknowledged_ > g.begin) {
      result_.unseen_at_target += missing;
      return;
    }
    result_.lost[g.kind] += missing;
    const bool opens = g.kind == kSynSegment || g.kind == kSynAckSegment;
    if (opens && g.target.empty()) result_.never_arrived = true;
  } else if (arrived > g.source.size()) {
    count_appeared(g, arrived - g.source.size());
  }
}

/// Bytes of data in one packet on the wire. Both captures may show larger segments.
std::uint32_t WayComparison::packet_size() const {
  std::array<std::uint32_t, 2> largest{};
  for (const Sent& s : source_) largest[0] = std::max(largest[0], s.length);
  for (const Sent& s : target_) largest[1] = std::max(largest[1], s.length);
  std::uint32_t size = largest[0];
  if (largest[1] > 0 && (size == 0 || largest[1] < size)) size = largest[1];
  if (context_.max_segment > 0) size = std::min(size, context_.max_segment);
  return std::max(size, 1u);
}

void WayComparison::count_data(std::vector<ByteRange> ranges) {
  std::size_t next = 0;  // ranges are in the order of data_ranges()
  for (const Stream* stream : {&source_, &target_}) {
    for (const Sent& s : *stream) {
      if (s.has_data())
        ranges[next++].judged = stream == &source_ ? judges_sent(s) : judges_arrived(s);
    }
  }
  const std::int64_t size = packet_size();
  const auto packets = [size](std::int64_t bytes) {
    return static_cast<std::uint64_t>((bytes + size - 1) / size);
  };
  for (const ByteCount& c : count_bytes(ranges)) {
    if (c.judged_sent > c.arrived) {
      const std::uint64_t missing = (c.judged_sent - c.arrived) * packets(c.length());
      if (c.arrived == 0 && acknowledged_ >= c.end) {
        result_.unseen_at_target += missing;
      } else {
        result_.lost[kData] += missing;
        result_.lost_bytes += (c.judged_sent - c.arrived) * static_cast<std::uint64_t>(c.length());
      }
    } else if (c.judged_arrived > c.sent) {
      result_.unseen_at_source += (c.judged_arrived - c.sent) * packets(c.length());
    }
  }
}

void WayComparison::compare_headers(const Sent& sent, const Sent& arrived) {
  const int hops = sent.ttl - arrived.ttl;
  result_.min_hops = result_.ttl ? std::min(result_.min_hops, hops) : hops;
  result_.max_hops = result_.ttl ? std::max(result_.max_hops, hops) : hops;
  if (!result_.ttl) result_.ttl = arrived.ttl;
  const auto dscp = [](const Sent& s) { return static_cast<std::uint8_t>(s.tos >> 2); };
  if (dscp(sent) != dscp(arrived) && result_.dscp.segments++ == 0) {
    result_.dscp.from = dscp(sent);
    result_.dscp.to = dscp(arrived);
  }
  const int before = sent.tos & kEcnBits, after = arrived.tos & kEcnBits;
  if (before != after && after == kCongestionExperienced) ++result_.ce_marks;
  if (before != 0 && after == 0) ++result_.ecn_cleared;
}

void WayComparison::follow(const std::vector<SameSegment>& same) {
  std::uint32_t latest = 0;
  for (const SameSegment& s : same) {
    const Sent &sent = source_[s.source], &arrived = target_[s.target];
    if (s.source < latest && sent.time < source_[latest].time) ++result_.reordered;
    latest = std::max(latest, s.source);
    compare_headers(sent, arrived);
    const bool forth = way_ == kToServer;
    const ClockSample sample{forth ? sent.time : arrived.time, forth ? arrived.time : sent.time,
                             way_};
    result_.delays.push_back({by_client(source_of(way_), sent.time), context_.clock.delay(sample)});
  }
}

/// Counts sent and arrived segments by the times at which they were sent, so that one that is on
/// its way when the overlap begins or ends counts at both points or at none. If segments of the two
/// points cannot be assigned to each other, the arrived one counts if it surely was sent in time.
void WayComparison::count_in_overlap(const std::vector<SameSegment>& same) {
  std::vector<bool> counts(target_.size());
  for (std::size_t i = 0; i < target_.size(); ++i) {
    const Timestamp arrived = by_client(target_of(way_), target_[i].time);
    counts[i] = judges_arrived(target_[i]) && context_.overlap.judges_sent(arrived);
  }
  for (const SameSegment& s : same) counts[s.target] = judges_sent(source_[s.source]);
  for (const Sent& s : source_) result_.sent += judges_sent(s);
  result_.arrived += static_cast<std::uint64_t>(std::count(counts.begin(), counts.end(), true));
}

WayResult WayComparison::run() {
  find_acknowledged();
  const auto groups = group_segments(source_, target_);
  for (const SegmentGroup& group : groups) count_group(group);
  std::vector<ByteRange> ranges = data_ranges(source_, target_);
  const auto counts = count_bytes(ranges);
  if (compares(kData)) count_data(std::move(ranges));
  const auto same = same_segments(source_, target_, groups, counts);
  count_in_overlap(same);
  follow(same);
  if (context_.source_complete && context_.target_complete) {
    result_.duplicates = std::min(result_.unseen_at_source, count_duplicates(source_, target_));
    result_.unseen_at_source -= result_.duplicates;
  }
  return std::move(result_);
}

}  // namespace

std::uint64_t WayResult::all_lost() const {
  return std::accumulate(lost.begin(), lost.end(), std::uint64_t{0});
}

WayResult compare_way(const StreamPair& streams, Sender sender, Way way,
                      const CompareContext& context) {
  return WayComparison(streams, sender, way, context).run();
}

SharedSegments::SharedSegments(const StreamPair& streams) {
  for (const Sender sender : {kOrig, kResp}) {
    const Stream &client = streams.at[kClient][sender], &server = streams.at[kServer][sender];
    const auto counts = count_bytes(data_ranges(client, server));
    for (const auto& s : same_segments(client, server, group_segments(client, server), counts)) {
      const Sent &c = client[s.source], &a = server[s.target];
      shared_[sender].push_back({c.time, a.time, c.ttl - a.ttl});
    }
  }
}

std::optional<Way> SharedSegments::way_of_originator() const {
  std::array<std::optional<Duration>, 2> difference;  // by Sender: server's time − client's
  int fall = 0;  // positive if more of the originator's segments go from client to server
  for (const Sender sender : {kOrig, kResp}) {
    std::vector<Duration> differences;
    for (const Shared& s : shared_[sender]) {
      if (s.fall != 0) fall += (s.fall > 0) == (sender == kOrig) ? 1 : -1;
      differences.push_back(saturating_sub(s.server, s.client));
    }
    if (differences.empty()) continue;
    const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
    std::nth_element(differences.begin(), middle, differences.end());
    difference[sender] = *middle;
  }
  if (fall != 0) return fall > 0 ? kToServer : kToClient;
  if (!difference[kOrig] || !difference[kResp]) return std::nullopt;
  const Duration round_trip = saturating_sub(*difference[kOrig], *difference[kResp]);
  if (round_trip <= kMinRoundTrip && round_trip >= -kMinRoundTrip) return std::nullopt;
  return round_trip > Duration{0} ? kToServer : kToClient;
}

void SharedSegments::append_samples(Way orig_way, std::vector<ClockSample>& samples) const {
  for (const Sender sender : {kOrig, kResp}) {
    for (const Shared& s : shared_[sender])
      samples.push_back({s.client, s.server, sender == kOrig ? orig_way : other(orig_way)});
  }
}

}  // namespace synfin
