// See trace.h.
#include "path/trace.h"

#include <algorithm>

#include "synfin/base/ports.h"
#include "synfin/base/sequence.h"

namespace synfin {
namespace {

constexpr Duration kCopyTime = std::chrono::milliseconds{10};

bool is_syn(const Segment& s) { return (s.flags & (kSyn | kAck)) == kSyn; }
bool is_syn_ack(const Segment& s) { return (s.flags & (kSyn | kAck)) == (kSyn | kAck); }

/// The sequence number behind a segment (RFC 9293 §3.4).
std::uint32_t end_of(const Segment& s) {
  return s.seq + s.payload + ((s.flags & kSyn) != 0 ? 1u : 0u) + ((s.flags & kFin) != 0 ? 1u : 0u);
}

/// True if the sender of a segment without SYN is probably the responder.
bool probably_responder(const FiveTuple& tuple) {
  const auto from = service_rank(tuple.orig.port), to = service_rank(tuple.resp.port);
  return from != to ? from > to : tuple.orig.port < tuple.resp.port;
}

bool begins_another(const TracedConnection& c, const Segment& s, Sender sender) {
  const SenderView &own = c.view[sender], &peer = c.view[other(sender)];
  if (is_syn(s)) {
    if (own.isn_known) return own.isn != s.seq;
    const bool simultaneous = peer.isn_known && own.segments == 0;  // RFC 9293 §3.5
    return c.segments() > 0 && !simultaneous;
  }
  if (!is_syn_ack(s)) return false;
  if (peer.isn_known) return false;
  return own.isn_known ? own.isn != s.seq : c.segments() > 0;
}

}  // namespace

std::size_t Trace::KeyHash::operator()(const ConnectionKey& key) const {
  return seeded(key.low, key.high);
}

Trace::Trace(std::size_t max_segments, std::uint64_t seed)
    : max_segments_(std::min<std::size_t>(max_segments, kNoIndex - 1)),
      latest_(16, KeyHash{SeededHash(seed)}) {}

void Trace::note_packet(Timestamp time) {
  if (full_) return;
  first_ = packets_ == 0 ? time : std::min(first_, time);
  last_ = packets_ == 0 ? time : std::max(last_, time);
  ++packets_;
}

std::uint32_t Trace::latest_of(const ConnectionKey& key) const {
  const auto found = latest_.find(key);
  return found == latest_.end() ? kNoIndex : found->second;
}

std::uint32_t Trace::begin_connection(const Segment& s, std::uint32_t before) {
  TracedConnection c;
  const bool reversed = is_syn_ack(s) || (!is_syn(s) && probably_responder(s.tuple));
  c.tuple = reversed ? s.tuple.reversed() : s.tuple;
  c.first = c.last = s.time;
  const auto index = static_cast<std::uint32_t>(connections_.size());
  c.before = before;
  c.oldest = before == kNoIndex ? index : connections_[before].oldest;
  connections_.push_back(c);
  return index;
}

std::uint32_t Trace::connection_of(const Segment& s) {
  const auto [entry, is_new] = latest_.try_emplace(ConnectionKey::of(s.tuple), kNoIndex);
  if (is_new) return entry->second = begin_connection(s, kNoIndex);
  const TracedConnection& c = connections_[entry->second];
  const Sender sender = s.tuple.orig == c.tuple.orig ? kOrig : kResp;
  if (begins_another(c, s, sender)) return entry->second = begin_connection(s, entry->second);
  // Late segments of the connection that used the tuple before have older numbers.
  const SenderView& own = c.view[sender];
  const bool late = own.isn_known && (s.flags & kSyn) == 0 && seq_before(s.seq, own.isn);
  return late && c.before != kNoIndex ? c.before : entry->second;
}

void Trace::note(TracedConnection& c, const Segment& s, Sender sender) {
  SenderView& own = c.view[sender];
  SenderView& peer = c.view[other(sender)];
  if ((s.flags & kSyn) != 0 && !own.isn_known) {
    own.isn = s.seq;
    own.isn_known = true;
  }
  if (is_syn_ack(s) && !peer.isn_known) {
    peer.isn = s.ack - 1;
    peer.isn_known = true;
  }
  if ((s.flags & kSyn) != 0 && own.isn == s.seq && !own.offer.seen) {
    own.offer = {.seen = true,
                 .window_scale = s.window_scale,
                 .options = s.syn_options,
                 .mss = s.mss,
                 .ecn = static_cast<std::uint16_t>(s.flags & (kEce | kCwr))};
  }
  const bool rst = (s.flags & kRst) != 0;
  const std::uint32_t end = end_of(s);
  if (own.segments++ == 0) {
    own.first_seq = s.seq;
    own.last_seq = end;
  } else if (!rst && seq_after(end, own.last_seq)) {
    own.last_seq = end;
  }
  own.fin = own.fin || (s.flags & kFin) != 0;
  c.rst = c.rst || rst;
  c.first = std::min(c.first, s.time);
  c.last = std::max(c.last, s.time);
}

bool Trace::is_copy(const TracedConnection& c, const Observation& o) const {
  return std::any_of(c.latest.begin(), c.latest.end(), [&](std::uint32_t index) {
    if (index == kNoIndex) return false;
    const Observation& e = observations_[index];
    return e.seq == o.seq && e.ack == o.ack && e.payload == o.payload && e.flags == o.flags &&
           e.ip_id == o.ip_id && e.checksum == o.checksum &&
           saturating_sub(o.time, e.time) <= kCopyTime &&
           saturating_sub(e.time, o.time) <= kCopyTime;
  });
}

bool Trace::add(const Segment& s) {
  if (full_) return false;
  if (s.kind != SegmentKind::Tcp) return true;
  if (observations_.size() >= max_segments_) {
    full_ = true;
    last_ = s.time;
    return false;
  }
  TracedConnection& c = connections_[connection_of(s)];
  const Sender sender = s.tuple.orig == c.tuple.orig ? kOrig : kResp;
  Observation o{.time = s.time,
                .seq = s.seq,
                .ack = s.ack,
                .payload = s.payload,
                .ip_id = s.ip_id,
                .checksum = s.checksum,
                .flags = s.flags,
                .ttl = s.ttl,
                .tos = s.tos};
  if (sender == kResp) o.flags |= Observation::kFromResponder;
  if (is_copy(c, o)) {
    o.flags |= Observation::kIsCopy;
    ++copies_;
  }
  has_data_ = has_data_ || !o.has(kControlFlags);
  const auto index = static_cast<std::uint32_t>(observations_.size());
  observations_.push_back(o);
  (c.head == kNoIndex ? c.head : observations_[c.tail].next) = index;
  c.tail = index;
  std::rotate(c.latest.begin(), c.latest.begin() + 1, c.latest.end());
  c.latest.back() = index;
  note(c, s, sender);
  return true;
}

void Trace::flip(std::uint32_t connection) {
  TracedConnection& c = connections_[connection];
  c.tuple = c.tuple.reversed();
  std::swap(c.view[kOrig], c.view[kResp]);
  for (std::uint32_t i = c.head; i != kNoIndex; i = observations_[i].next)
    observations_[i].flags ^= Observation::kFromResponder;
}

}  // namespace synfin
