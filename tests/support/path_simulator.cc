// See path_simulator.h.
#include "support/path_simulator.h"

#include <algorithm>

#include "path/findings.h"
#include "synfin/base/mix.h"

namespace synfin::test {
namespace {

constexpr std::uint8_t kTtl = 64;

Way way_of(const Conversation& c, Sender sender) {
  return (sender == kOrig) == c.from_server ? kToClient : kToServer;
}

}  // namespace

bool is_syn(const Segment& s) { return (s.flags & (kSyn | kAck)) == kSyn; }
bool is_syn_ack(const Segment& s) { return (s.flags & (kSyn | kAck)) == (kSyn | kAck); }

std::uint32_t PathSimulator::isn(const Conversation& c, Sender sender) {
  std::uint64_t state = c.number * 2u + sender;
  return static_cast<std::uint32_t>(split_mix64(state));
}

Segment PathSimulator::segment(const Conversation& c, Sender sender, std::uint16_t flags,
                               std::uint32_t seq, std::uint32_t ack, std::uint32_t payload) {
  const auto address = [&](std::uint32_t last) {
    return c.ipv6 ? Address::from_halves(0x20010DB8'00000000, last)
                  : Address::from_v4(0xC0000200 + last);  // 192.0.2.0/24
  };
  Segment s;
  const FiveTuple tuple{.orig = {address(1), static_cast<std::uint16_t>(20000 + c.number)},
                        .resp = {address(2), 443}};
  s.tuple = sender == kOrig ? tuple : tuple.reversed();
  s.seq = seq;
  s.ack = ack;
  s.flags = flags;
  s.payload = payload;
  s.ip_id = static_cast<std::uint16_t>(seq * 31 + ack + flags);
  s.checksum = static_cast<std::uint16_t>(seq + ack * 7 + payload);
  if ((flags & kSyn) != 0) {
    s.mss = 1460;
    s.window_scale = 7;
    s.syn_options = kSackPermitted | kTimestamps;
  }
  return s;
}

void PathSimulator::show(double time, Point point, Segment s) {
  if (miss && miss(s, point)) return;
  const double clock = point == kClient ? time : time + offset + time * drift_ppm / 1e6;
  s.time = kPathBegin + Duration{static_cast<std::int64_t>(clock * 1e9)};
  seen[point].push_back(s);
}

bool PathSimulator::send(double time, Way way, Segment s) {
  Segment there = s;
  if (rewrite) rewrite(there, way);
  const Segment& source = way == kToServer ? s : there;
  Segment target = way == kToServer ? there : s;
  Segment sent = source;
  sent.ttl = kTtl;
  target.ttl = kTtl - 1;
  show(time, source_of(way), sent);
  if (lose && lose(s, way)) {
    ++lost;
    return false;
  }
  show(time + delay[way], target_of(way), target);
  return true;
}

void PathSimulator::inject(double time, Way way, Segment s) {
  if (rewrite && way == kToServer) rewrite(s, way);
  show(time, target_of(way), s);
}

/// Sends the sender's data in offloaded segments, whose packets arrive or are lost one by one.
void PathSimulator::transfer(double& time, const Conversation& c, Sender sender,
                             std::array<std::uint32_t, 2>& next) {
  const Way way = way_of(c, sender);
  std::uint32_t left = sender == kOrig ? c.request : c.response;
  const double arrival = time + delay[way];
  while (left > 0) {
    const std::uint32_t whole = std::min(left, offloaded_size);
    if (whole > segment_size) {
      Segment s = segment(c, sender, kAck, next[sender], next[other(sender)], whole);
      if (rewrite && way == kToClient) rewrite(s, way);
      s.ttl = kTtl;
      show(time, source_of(way), s);
    }
    for (std::uint32_t sent = 0; sent < whole;) {
      const std::uint32_t size = std::min(whole - sent, segment_size);
      const Segment s = segment(c, sender, kAck, next[sender], next[other(sender)], size);
      const std::size_t before = seen[source_of(way)].size();
      send(time, way, s);
      if (whole > segment_size) seen[source_of(way)].resize(before);
      next[sender] += size;
      sent += size;
      time += 0.00001;
    }
    left -= whole;
  }
  const double reply = std::max(time, arrival);
  send(reply, other(way), segment(c, other(sender), kAck, next[other(sender)], next[sender], 0));
  time = reply + delay[other(way)] + 0.0001;
}

void PathSimulator::converse(const Conversation& c) {
  const Way forth = way_of(c, kOrig), back = other(forth);
  std::array<std::uint32_t, 2> next{isn(c, kOrig), isn(c, kResp)};
  double time = c.start;
  const auto step = [&](Sender sender, std::uint16_t flags, std::uint32_t length) {
    const std::uint32_t ack = (flags & kAck) != 0 ? next[other(sender)] : 0;
    const bool arrived =
        send(time, sender == kOrig ? forth : back, segment(c, sender, flags, next[sender], ack, 0));
    next[sender] += length;
    time += delay[sender == kOrig ? forth : back] + 0.0001;
    return arrived;
  };
  if (!step(kOrig, kSyn, 1)) return;
  if (!step(kResp, kSyn | kAck, 1)) return;
  step(kOrig, kAck, 0);
  transfer(time, c, kOrig, next);
  transfer(time, c, kResp, next);
  step(kOrig, kFin | kAck, 1);
  step(kResp, kFin | kAck, 1);
  step(kOrig, kAck, 0);
}

Trace PathSimulator::trace(Point point, std::size_t max_segments) const {
  Trace trace(max_segments, 1);
  std::vector<Segment> segments = seen[point];
  std::stable_sort(segments.begin(), segments.end(),
                   [](const Segment& a, const Segment& b) { return a.time < b.time; });
  for (const Segment& s : segments) {
    trace.note_packet(s.time);
    trace.add(s);
  }
  return trace;
}

PathReport PathSimulator::compare(const PathOptions& options) const {
  Trace client = trace(kClient), server = trace(kServer);
  PathReport report = compare_path(client, server, options);
  report.file = {"client.pcap", "server.pcap"};
  return report;
}

void converse(PathSimulator& path, int count, double start, Conversation like) {
  for (int i = 0; i < count; ++i) {
    like.start = start + i * 0.05;
    path.converse(like);
    ++like.number;
  }
}

std::vector<std::string> names_of(const PathReport& report) {
  std::vector<std::string> names;
  for (const Finding& f : findings_of(report, Zone::Utc)) {
    const std::string_view way = !f.way ? "" : *f.way == kToServer ? " >" : " <";
    names.push_back(std::string(f.name) + std::string(way));
  }
  return names;
}

}  // namespace synfin::test
