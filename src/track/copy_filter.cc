// See copy_filter.h.
#include "track/copy_filter.h"

#include <algorithm>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
/// No host repeats itself more often within 20 ms.
constexpr int kMaxCompared = 256;

bool within(Timestamp a, Timestamp b, Duration window) {
  return a <= saturating_add(b, window) && a >= saturating_add(b, -window);
}

bool has_numbers(const Segment& a, const Segment& b) {
  return a.seq == b.seq && a.ack == b.ack && a.ip_id == b.ip_id && a.tuple == b.tuple;
}

/// True for a segment that no TCP sends twice within a millisecond.
bool has_content(const Segment& s) {
  return s.payload > 0 || (s.flags & kFin) != 0 || (s.flags & (kSyn | kAck)) == kSyn;
}

}  // namespace

CopyFilter::CopyFilter(bool across_sources)
    : across_sources_(across_sources), packets_(kPackets), newest_(kPackets) {}

bool CopyFilter::equals(const Segment& s, const Segment& seen) const {
  if (s.seq != seen.seq || s.ack != seen.ack || s.flags != seen.flags ||
      s.payload != seen.payload || s.ip_id != seen.ip_id || s.kind != seen.kind ||
      s.tuple != seen.tuple) {
    return false;
  }
  if (s.source != seen.source && !across_sources_) return false;
  if (identifies(s.ip_id)) return within(s.time, seen.time, kWindow);
  const bool elsewhere = s.interface != seen.interface || s.source != seen.source;
  if (elsewhere) return within(s.time, seen.time, kWindow);
  return s.checksum == seen.checksum && (proven_ || has_content(s)) &&
         within(s.time, seen.time, kWindowWithoutId);
}

/// True if the IP identification distinguishes packets: it is neither 0 nor a constant.
bool CopyFilter::identifies(std::uint16_t ip_id) const {
  constexpr std::uint32_t kEqualIds = 3;  // two packets in a row may have equal ids by chance
  if (ip_id == 0 || ring_.newest < kEqualIds) return ip_id != 0;
  for (std::uint32_t i = 0; i < kEqualIds; ++i) {
    if (packet(ring_.newest - i).segment.ip_id != ip_id) return true;
  }
  return false;
}

bool CopyFilter::check(const Segment& s, std::uint64_t hash) {
  if (ring_.newest == 0) {
    interface_ = interface_of(s);
  } else if (interface_of(s) != interface_) {
    several_ = true;
  }
  // A copy has the same numbers, so the other packets of a connection are not compared.
  const std::uint64_t numbers = std::uint64_t{s.seq} << 32 | s.ack;
  std::uint32_t& newest = newest_[mix64(hash ^ numbers, kOdd + s.ip_id) & (kPackets - 1)];
  int left = kMaxCompared;
  for (std::uint32_t at = newest; at != 0 && ring_.newest - at < ring_.newest - ring_.replaced;) {
    if (left-- == 0) {
      ++replaced_early_;
      break;
    }
    const SeenPacket& seen = packet(at);
    // Packets of several interfaces may be slightly out of order. Those of other connections that
    // have the same place, which depends on the seed, decide nothing.
    if (seen.segment.time < saturating_add(s.time, -2 * kWindow) && has_numbers(seen.segment, s))
      break;
    if (equals(s, seen.segment)) {
      proven_ |= has_content(s);
      idle_interface_ = kNoInterface;
      return true;
    }
    at = seen.older;
  }
  remember(s, newest);
  const bool idle = !several_ && !proven_ && ring_.newest - compared_since_ >= kIdleAfter;
  idle_interface_ = idle ? interface_ : kNoInterface;
  return false;
}

void CopyFilter::note_repeat(std::uint64_t packet_number) {
  constexpr std::uint32_t kMinRepeats = 4;
  constexpr std::uint64_t kMaxDistance = 16;
  if (idle_interface_ == kNoInterface) return;
  repeats_ = packet_number - last_repeat_ <= kMaxDistance ? repeats_ + 1 : 1;
  last_repeat_ = packet_number;
  if (repeats_ < kMinRepeats) return;
  repeats_ = 0;
  idle_interface_ = kNoInterface;
  compared_since_ = ring_.newest;
}

void CopyFilter::remember(const Segment& s, std::uint32_t& newest) {
  ring_.newest = std::max(ring_.newest + 1, 1u);
  if (replaces_one() && ring_.size < kPackets &&
      packet(ring_.newest).segment.time >= saturating_add(s.time, -2 * kWindow))
    double_size();
  SeenPacket& place = packet(ring_.newest);
  if (replaces_one()) {
    replaced_early_ += within(place.segment.time, s.time, kWindow);
    ring_.replaced = ring_.newest - ring_.size;
  }
  place.segment = s;
  place.older = newest;
  newest = ring_.newest;
}

/// Doubles the space, before the packet `ring_.newest` would replace the oldest one.
void CopyFilter::double_size() {
  for (std::uint32_t number = ring_.newest - ring_.size; number != ring_.newest; ++number) {
    if ((number & ring_.size) != 0) packets_[number & (2 * ring_.size - 1)] = packet(number);
  }
  ring_.size *= 2;
}

}  // namespace synfin
