// See open_traffic.h.
#include "synfin/view/open_traffic.h"

#include <algorithm>
#include <tuple>

namespace synfin {
namespace {

bool before(const OpenConnection& a, const OpenConnection& b) {
  return std::tie(a.tuple, a.first) < std::tie(b.tuple, b.first);
}

bool same(const OpenConnection& a, const OpenConnection& b) {
  return a.tuple == b.tuple && a.first == b.first;
}

/// Sets the rate of `now`. A connection without an earlier figure has started in between.
void set_rate(Traffic& now, const Traffic* was, double seconds) {
  if (!now.bytes || seconds <= 0) return;
  const std::uint64_t earlier = was != nullptr && was->bytes ? *was->bytes : 0;
  const std::uint64_t more = *now.bytes - std::min(*now.bytes, earlier);
  now.rate = static_cast<std::uint64_t>(static_cast<double>(more) / seconds);
}

}  // namespace

OpenConnection OpenConnection::of(const ConnectionRecord& r, Phase phase, bool with_bytes) {
  OpenConnection c;
  c.tuple = r.tuple;
  c.first = r.first;
  c.last = r.last;
  c.phase = phase;
  c.rtt = r.synack_rtt;
  if (!with_bytes) return c;
  c.orig.bytes = r.orig.bytes;
  c.resp.bytes = r.resp.bytes;
  return c;
}

bool OpenTraffic::holds(const OpenConnection& connection) const {
  return std::binary_search(now_.begin(), now_.end(), connection, before);
}

void OpenTraffic::add(const ConnectionRecord& r, Phase phase) {
  now_.push_back(OpenConnection::of(r, phase, scope_ == PacketScope::All));
}

void OpenTraffic::measure(Timestamp at) {
  const double seconds = at_ == Timestamp{} ? 0 : std::chrono::duration<double>(at - at_).count();
  at_ = at;
  std::sort(now_.begin(), now_.end(), before);
  auto was = before_.begin();
  for (OpenConnection& c : now_) {
    while (was != before_.end() && before(*was, c)) ++was;
    const bool known = was != before_.end() && same(*was, c);
    // The bytes of a connection that is older than the capture include an unknown earlier part.
    if (!known && c.first < at - std::chrono::seconds{2}) continue;
    set_rate(c.orig, known ? &was->orig : nullptr, seconds);
    set_rate(c.resp, known ? &was->resp : nullptr, seconds);
  }
}

}  // namespace synfin
