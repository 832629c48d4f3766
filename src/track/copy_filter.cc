// See copy_filter.h.
#include "track/copy_filter.h"

#include "synfin/base/mix.h"

namespace synfin {
namespace {

std::uint64_t mix(std::uint64_t h, std::uint64_t v) { return mix64(h ^ v, 0x9FB21C651E98DF25); }

std::uint64_t fingerprint(const Segment& s, std::uint64_t seed) {
  std::uint64_t h = mix(seed, s.tuple.orig.address.high());
  h = mix(h, s.tuple.orig.address.low());
  h = mix(h, s.tuple.resp.address.high());
  h = mix(h, s.tuple.resp.address.low());
  h = mix(h, std::uint64_t{s.tuple.orig.port} << 48 | std::uint64_t{s.tuple.resp.port} << 32 |
                 std::uint64_t{s.flags} << 16 | s.ip_id);
  h = mix(h, std::uint64_t{s.seq} << 32 | s.ack);
  return mix(h, std::uint64_t{s.payload} << 32 | static_cast<std::uint64_t>(s.kind));
}

}  // namespace

bool CopyFilter::check(const Segment& s, bool familiar) {
  if (seen_++ == 0) {
    interface_ = s.interface;
    source_ = s.source;
  } else if (!familiar) {
    several_ = true;
  }
  asleep_ = !several_ && seen_ >= kLearning;
  const std::uint64_t print = fingerprint(s, seed_);
  Entry& entry = entries_[print % kEntries];
  const auto near = [&] {
    return entry.time >= saturating_add(s.time, -kWindow) &&
           entry.time <= saturating_add(s.time, kWindow);
  };
  const bool elsewhere =
      s.source == entry.source ? s.interface != entry.interface : across_sources_;
  if (entry.fingerprint == print && elsewhere && near()) return true;
  entry = {print, s.time, s.interface, s.source};
  return false;
}

}  // namespace synfin
