// See copy_filter.h.
#include "track/copy_filter.h"

#include "synfin/base/mix.h"

namespace synfin {
namespace {

std::uint64_t combine(std::uint64_t h, std::uint64_t v) { return mix64(h ^ v, 0x9FB21C651E98DF25); }

std::uint64_t fingerprint(const Segment& s, std::uint64_t seed) {
  std::uint64_t h = combine(seed, s.tuple.orig.address.high());
  h = combine(h, s.tuple.orig.address.low());
  h = combine(h, s.tuple.resp.address.high());
  h = combine(h, s.tuple.resp.address.low());
  h = combine(h, std::uint64_t{s.tuple.orig.port} << 48 | std::uint64_t{s.tuple.resp.port} << 32 |
                     std::uint64_t{s.flags} << 16 | s.ip_id);
  h = combine(h, std::uint64_t{s.seq} << 32 | s.ack);
  return combine(h, std::uint64_t{s.payload} << 32 | static_cast<std::uint64_t>(s.kind));
}

}  // namespace

bool CopyFilter::check(const Segment& s, bool is_first_interface) {
  if (seen_++ == 0) {
    interface_ = s.interface;
    source_ = s.source;
  } else if (!is_first_interface) {
    several_ = true;
  }
  idle_ = !several_ && seen_ >= kIdleAfter;
  const std::uint64_t print = fingerprint(s, seed_);
  SeenPacket& seen = packets_[print % kPackets];
  const auto near = [&] {
    return seen.time >= saturating_add(s.time, -kWindow) &&
           seen.time <= saturating_add(s.time, kWindow);
  };
  const bool other_interface =
      s.source == seen.source ? s.interface != seen.interface : across_sources_;
  if (seen.fingerprint == print && other_interface && near()) return true;
  seen = {print, s.time, s.interface, s.source};
  return false;
}

}  // namespace synfin
