// Feeds any sequence of segments to the connection table: it must not crash or lose a connection,
// and events must not depend on the batch size. Thirteen bytes of input make one segment between a
// few endpoints, so that collisions are likely.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "synfin/track/connection_table.h"

namespace {

using namespace synfin;

constexpr std::size_t kBytesPerSegment = 13;
constexpr std::size_t kMaxSegments = 4096;

std::vector<Segment> segments_of(std::span<const std::uint8_t> bytes) {
  std::vector<Segment> segments;
  std::int64_t now = 1'700'000'000'000'000'000;
  while (bytes.size() >= kBytesPerSegment && segments.size() < kMaxSegments) {
    const std::uint8_t* b = bytes.data();
    // Mostly small steps; sometimes minutes, backward, or absurdly far.
    const std::int64_t step = static_cast<std::int8_t>(b[0]);
    now += (b[1] & 0xF0) == 0 ? step * 100'000'000'000 : step * 1'000'000;
    Segment s;
    s.time = timestamp_from_ns((b[1] & 0xFF) == 0x1F ? INT64_MAX : now);
    s.tuple.orig = {Address::from_v4(0xC0000200u + (b[2] & 3u)),
                    static_cast<std::uint16_t>(40000 + (b[2] >> 6))};
    s.tuple.resp = {Address::from_v4(0xC6336400u + (b[2] >> 2 & 1u)),
                    static_cast<std::uint16_t>(b[2] & 8 ? 80 : 50000)};
    if ((b[2] & 16) != 0) s.tuple = s.tuple.reversed();
    s.flags = b[3];
    s.seq = static_cast<std::uint32_t>(b[4] << 24 | b[5]);
    s.ack = static_cast<std::uint32_t>(b[6] << 24 | b[7]);
    s.payload = b[8];
    s.ip_length = 40u + b[8];
    s.window = b[9];
    s.ttl = b[10];
    s.interface = b[11] & 1u;
    s.source = b[11] >> 7;
    s.encapsulation.vlan = b[11] >> 4 & 3u;
    s.encapsulation.outer_vlan = b[11] >> 6 & 1u;
    s.kind = (b[12] & 0x3F) == 0 ? SegmentKind::IcmpError : SegmentKind::Tcp;
    segments.push_back(s);
    bytes = bytes.subspan(kBytesPerSegment);
  }
  return segments;
}

/// A digest of all events.
std::uint64_t digest_of(std::span<const Segment> segments, TableOptions options,
                        std::size_t batch) {
  ConnectionTable table(options);
  EventBuffer buffer(ConnectionTable::kMaxEventsPerSegment + batch);
  std::uint64_t digest = 0;
  const auto collect = [&] {
    for (const Event& e : buffer.events()) {
      digest = digest * 31 + static_cast<std::uint64_t>(e.kind);
      digest = digest * 31 + static_cast<std::uint64_t>(to_ns(e.connection.first)) +
               e.connection.orig.bytes;
      digest = digest * 31 + e.connection.resp.bytes + e.connection.history.view().size();
    }
    buffer.clear();
  };
  while (!segments.empty()) {
    const auto now = segments.first(std::min(batch, segments.size()));
    const std::size_t done = table.observe(now, buffer);
    if (done < now.size()) collect();
    segments = segments.subspan(done);
  }
  while (!table.drain(buffer)) collect();
  collect();
  if (table.counters().connections != table.counters().records || table.open() != 0) std::abort();
  return digest;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  TableOptions options;
  options.max_connections = 16;
  options.scope = (data[0] & 1) != 0 ? PacketScope::All : PacketScope::Control;
  options.context_key = (data[0] & 2) != 0;
  const std::vector<Segment> segments = segments_of({data + 1, size - 1});
  const std::uint64_t one = digest_of(segments, options, 1);
  options.seed = 12345;
  if (digest_of(segments, options, 64) != one) std::abort();
  return 0;
}
