// Feeds any two sequences of segments to the comparison of two captures: it must not crash, and a
// capture must not differ from itself. Fourteen bytes of input make one segment between a few
// endpoints, which the first, the second or both captures show.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "path/render_path.h"

namespace {

using namespace synfin;

constexpr std::size_t kBytesPerSegment = 14;
constexpr std::size_t kMaxSegments = 2048;

/// Addresses and numbers that differ at the second point.
void rewrite(Segment& s, std::uint8_t how) {
  if ((how & 1) != 0) s.tuple.orig.port ^= 0x100;
  if ((how & 2) != 0) s.tuple.resp.address = Address::from_v4(0xCB007100u + (how >> 6));
  if ((how & 4) != 0) s.seq += 0x1000'0000;
  if ((how & 8) != 0) s.ack += 0x1000'0000;
  if ((how & 16) != 0) s.ttl = static_cast<std::uint8_t>(s.ttl - 1);
  if ((how & 32) != 0) s.time = saturating_add(s.time, std::chrono::milliseconds{how});
}

Segment segment_of(const std::uint8_t* b, std::int64_t& now) {
  const std::int64_t step = static_cast<std::int8_t>(b[0]);
  now += (b[1] & 0xF0) == 0 ? step * 100'000'000'000 : step * 1'000'000;
  Segment s;
  s.time = timestamp_from_ns(b[1] == 0x1F ? INT64_MAX : b[1] == 0x2F ? INT64_MIN : now);
  s.tuple.orig = {Address::from_v4(0xC0000200u + (b[2] & 3u)),
                  static_cast<std::uint16_t>(40000 + (b[2] >> 6))};
  s.tuple.resp = {Address::from_v4(0xC6336400u + (b[2] >> 2 & 1u)),
                  static_cast<std::uint16_t>(b[2] & 8 ? 80 : 50000)};
  if ((b[2] & 16) != 0) s.tuple = s.tuple.reversed();
  s.flags = b[3];
  s.seq = static_cast<std::uint32_t>(b[4] << 24 | b[5]);
  s.ack = static_cast<std::uint32_t>(b[6] << 24 | b[7]);
  s.payload = b[8] == 0xFF ? 0xFFFFFF : b[8];
  s.ttl = b[9];
  s.tos = b[10];
  s.ip_id = b[11];
  s.mss = b[11];
  s.syn_options = b[10] & 7;
  s.kind = (b[12] & 0x3F) == 1 ? SegmentKind::IcmpError : SegmentKind::Tcp;
  return s;
}

void add(Trace& trace, const Segment& s) {
  trace.note_packet(s.time);
  trace.add(s);
}

void render(const PathReport& report) {
  const RenderOptions options{.width = 80};
  if (render_text(describe_path(report, 5, options), options).empty()) std::abort();
  if (render_path_json(report).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Trace client(kMaxSegments, 1), server(kMaxSegments, 2), one(kMaxSegments, 3),
      same(kMaxSegments, 4);
  std::int64_t now = 1'700'000'000'000'000'000;
  const PathOptions options{.whole = (data[0] & 1) != 0};
  for (std::span<const std::uint8_t> rest(data + 1, size - 1); rest.size() >= kBytesPerSegment;
       rest = rest.subspan(kBytesPerSegment)) {
    Segment s = segment_of(rest.data(), now);
    add(one, s);
    add(same, s);
    if ((rest[12] & 0x80) == 0) add(client, s);
    rewrite(s, rest[13]);
    if ((rest[12] & 0x40) == 0) add(server, s);
  }
  render(compare_path(client, server, options));
  const PathReport itself = compare_path(one, same, options);
  render(itself);
  if (!itself.equal() || itself.paired() != one.connections().size()) {
    if (itself.overlap) std::abort();
  }
  return 0;
}
