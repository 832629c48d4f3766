// See window_model.h.
#include "support/window_model.h"

#include <algorithm>

namespace synfin::test {
namespace {

/// The window of an end whose peer has offered none.
constexpr std::int64_t kFirstWindow = 65535;
/// The table stores right edges in units, rounded up, and at most 4096 units ahead. The unit is the
/// 2048th part of the largest window that the peer can offer, but at least 2 KiB.
std::int64_t unit_of(unsigned scale) { return std::max<std::int64_t>(2048, 32LL << scale); }
/// An offer this close to the first number of an end counts for it.
constexpr std::int64_t kNear = 4 << 20;
/// The largest gap that both ends may confirm.
constexpr std::int64_t kMaxGap = 0x7F000000;

std::uint32_t length_of(const Segment& s) {
  if ((s.flags & kRst) != 0) return 0;
  return s.payload + ((s.flags & kSyn) != 0) + ((s.flags & kFin) != 0);
}

/// True if `number` is in (begin, end].
bool ends_within(std::uint32_t number, std::uint32_t begin, std::uint32_t end) {
  return number != begin && number - begin <= end - begin;
}

}  // namespace

std::int64_t WindowModel::position(const Stream& stream, std::uint32_t number) {
  const auto ahead =
      static_cast<std::int32_t>(number - static_cast<std::uint32_t>(stream.reach & 0xFFFFFFFF));
  return stream.reach + ahead;
}

bool WindowModel::fits(const Stream& stream, std::int64_t position) {
  return position <= (stream.limit + stream.unit - 1) / stream.unit * stream.unit;
}

void WindowModel::begin_stream(End& own, const End& peer, const Segment& s) {
  const bool syn = (s.flags & (kSyn | kRst)) == kSyn;
  // The first number is preceded by that of a SYN, seen or not.
  const std::int64_t base = (std::int64_t{1} << 40) + s.seq - !syn;
  const std::int64_t unit = unit_of(peer.scale);
  Stream stream{base, base + 1 + length_of(s) - syn, 0, unit, {}, {}, (s.flags & kRst) == 0};
  stream.limit = stream.reach + kFirstWindow;
  for (const Offer& offer : peer.offers) {
    const std::int64_t ack = position(stream, offer.ack);
    if (std::abs(ack - stream.reach) <= kNear)
      stream.limit = std::max(stream.limit, ack + static_cast<std::int64_t>(offer.window));
  }
  // A window that was offered for numbers nearby still counts.
  for (const Stream& other : own.streams) {
    const std::int64_t limit =
        position(stream, static_cast<std::uint32_t>(other.limit & 0xFFFFFFFF));
    if (std::abs(limit - stream.reach) <= kNear) stream.limit = std::max(stream.limit, limit);
  }
  own.streams.push_back(stream);
}

bool WindowModel::send(Stream& stream, const Segment& s, End& own, const End& peer) {
  const std::int64_t begin = position(stream, s.seq);
  const std::int64_t end = begin + length_of(s);
  const bool fin = (s.flags & kFin) != 0;
  const bool continues = !peer.agrees && begin == stream.reach;
  const bool named = std::ranges::find(stream.acks, s.seq) != stream.acks.end();
  if (begin < stream.base || (begin == stream.base && (s.flags & kSyn) == 0)) {
    // Too old, a keep-alive, or a number of which the first one was forged.
    if (!peer.agrees) own.unconfirmed += s.payload;
    return false;
  }
  if (fits(stream, end - fin) || continues || (named && begin - stream.reach < kMaxGap)) {
    stream.reach = std::max(stream.reach, end);
    const bool first_window = !peer.agrees || named || !stream.begun;
    stream.begun |= (s.flags & kRst) == 0;
    if (fin) stream.limit = std::max(stream.limit, end);  // its number may follow the window
    if (first_window) stream.limit = std::max(stream.limit, stream.reach + kFirstWindow);
    return true;
  }
  if (!peer.agrees) own.unconfirmed += s.payload;
  const auto before = std::ranges::find(stream.data, s.seq, &Range::end);
  if (before != stream.data.end()) {
    before->end += length_of(s);
  } else {
    stream.data.push_back({s.seq, s.seq + length_of(s)});
  }
  return false;
}

/// Returns true if the acknowledgement fits and is not older than the stream.
bool WindowModel::acknowledge(Stream& stream, const Offer& offer) {
  const std::int64_t ack = position(stream, offer.ack);
  stream.acks.push_back(offer.ack);
  const bool sent = std::ranges::any_of(
      stream.data, [&](const Range& r) { return ends_within(offer.ack, r.begin, r.end); });
  if (!fits(stream, ack) && !(sent && ack - stream.reach < kMaxGap)) {
    return false;
  }
  if (sent) stream.limit = std::max(stream.limit, ack + kFirstWindow);
  stream.reach = std::max(stream.reach, ack);
  const std::int64_t right =
      std::min(ack + static_cast<std::int64_t>(offer.window), stream.reach + offer.most);
  stream.limit = std::max(stream.limit, right);
  return ack >= stream.base;
}

void WindowModel::observe(const Segment& s, unsigned sender) {
  End& own = ends_[sender];
  End& peer = ends_[sender ^ 1u];
  const bool plain_syn = (s.flags & (kSyn | kFin | kRst)) == kSyn;
  // A SYN-ACK counts only if it acknowledges a number that its peer may have begun with. Its scale
  // is only sure if the peer can have begun with no other one. That of a SYN is sure only if the
  // peer has sent nothing: else it may begin another connection.
  const auto is_answered = [&](const Stream& stream) {
    return s.ack == static_cast<std::uint32_t>((stream.base + 1) & 0xFFFFFFFF);
  };
  const bool free = (s.flags & kAck) == 0 || peer.streams.empty();
  const bool answers = free || std::ranges::any_of(peer.streams, is_answered);
  if (!own.seen) {
    own.began_with_syn = plain_syn && answers;
    own.scale_is_sure =
        plain_syn && ((s.flags & kAck) != 0 ? std::ranges::all_of(peer.streams, is_answered)
                                            : peer.streams.empty());
    own.anchored = own.began_with_syn && ((s.flags & kAck) != 0 ? peer.began_with_syn : !peer.seen);
  }
  if (plain_syn && s.window_scale != kNoWindowScale)
    own.scale = std::max<unsigned>(own.scale, std::min<unsigned>(s.window_scale, 14));
  const std::int64_t unit = unit_of(own.scale);
  for (Stream& stream : peer.streams) stream.unit = unit;
  bool fits = own.streams.empty();
  for (Stream& stream : own.streams) {
    const bool begun = stream.begun;  // numbers that only the peer has named confirm nothing
    fits |= send(stream, s, own, peer) && begun;
  }
  // What does not answer a SYN may belong to an old connection (RFC 9293 §3.5.1).
  const bool old = peer.began_with_syn && !own.agrees;
  // What came before does not belong here if the peer has acknowledged other numbers.
  const auto is_new = [&](const Offer& offer) {
    return std::ranges::none_of(own.streams, [&](const Stream& stream) {
      return stream.begun && WindowModel::fits(stream, position(stream, offer.ack));
    });
  };
  const bool other_numbers = !own.agrees && std::ranges::any_of(peer.offers, is_new);
  if (!own.seen || !fits || old || other_numbers || (s.flags & kSyn) != 0)
    begin_stream(own, peer, s);
  own.payload += length_of(s);
  if ((s.flags & kRst) != 0) own.resets.push_back(s.seq);
  own.seen |= (s.flags & kRst) == 0;
  if ((s.flags & kAck) == 0 || (s.flags & kRst) != 0) return;
  const unsigned scale = plain_syn ? 0 : own.scale_is_sure ? own.scale : 14;
  const auto knows = [&](const Stream& stream) {
    const std::int64_t ack = position(stream, s.ack);
    return ack >= stream.base && WindowModel::fits(stream, ack);
  };
  if (!peer.seen || (!peer.anchored && std::ranges::none_of(peer.streams, knows))) {
    // Its bytes count from an acknowledgement, because what it sent before may not belong here.
    const std::int64_t first = (std::int64_t{1} << 40) + s.ack;
    peer.streams.push_back({first - 1, first, first + kFirstWindow, unit, {}, {}, false});
  }
  own.offers.push_back({s.ack, std::uint64_t{s.window} << scale, 4096 * unit});
  for (Stream& stream : peer.streams) {
    const bool fits_stream = acknowledge(stream, own.offers.back());
    // Only the exact acknowledgement of a SYN shows that both directions were captured.
    const bool exact = s.ack == static_cast<std::uint32_t>((stream.base + 1) & 0xFFFFFFFF);
    const bool begins = s.payload > 0 || (s.flags & (kSyn | kFin)) != 0;
    own.agrees |=
        fits && fits_stream && stream.begun && (peer.began_with_syn ? exact && begins : true);
  }
}

std::uint64_t WindowModel::max_bytes(unsigned end) const {
  const End& own = ends_[end];
  std::int64_t most = 0, sum = 0;
  for (const Stream& stream : own.streams) {
    std::int64_t reach = stream.reach;
    // An RST that is in the window but not exact waits for what follows it, so it may also end
    // numbers that begin after it.
    for (const std::uint32_t reset : own.resets) {
      const std::int64_t at = position(stream, reset);
      if (fits(stream, at)) reach = std::max(reach, at);
    }
    const std::int64_t bytes = reach - stream.base - 1;
    most = std::max(most, bytes);
    sum += bytes;
  }
  if (own.anchored) return static_cast<std::uint64_t>(most) + own.unconfirmed;
  // Without a handshake, the numbers may begin anew when the peer confirms others.
  return static_cast<std::uint64_t>(sum) + own.payload;
}

}  // namespace synfin::test
