/// \file
/// One conversation of arbitrary segments: no record has more bytes than a slow second model of the
/// windows permits. Twelve bytes of input make one segment.
#include <algorithm>
#include <vector>

#include "support/fuzz_input.h"
#include "support/window_model.h"
#include "synfin/track/connection_table.h"

using namespace synfin;
using fuzz::require;

namespace {

constexpr std::size_t kBytesPerSegment = 12;
constexpr std::size_t kMaxSegments = 64;
constexpr std::uint16_t kOrigPort = 40000;

struct Sent {
  Segment segment;
  unsigned sender = 0;
};

/// Numbers lie near a few bases, so that many of them fit.
std::uint32_t number_of(const std::uint8_t* b) {
  constexpr std::uint32_t kBases[] = {0, 1000, 0x7FFFFF00, 0xFFFFFF00};
  return kBases[b[0] & 3] + (static_cast<std::uint32_t>(b[0] >> 2) << (b[0] & 0x80 ? 12 : 0)) +
         b[1];
}

std::vector<Sent> segments_of(fuzz::Bytes bytes) {
  std::vector<Sent> sent;
  std::int64_t now = 1'700'000'000'000'000'000;
  while (bytes.size() >= kBytesPerSegment && sent.size() < kMaxSegments) {
    const std::uint8_t* b = bytes.data();
    // No two have the same time, because the time of a record finds its first segment.
    now += b[0] % 16 == 0 ? b[1] * 1'000'000'000LL + 1 : 1'000'000LL + b[1];
    Segment s;
    s.time = timestamp_from_ns(now);
    s.tuple.orig = {Address::from_v4(0xC0000201), kOrigPort};
    s.tuple.resp = {Address::from_v4(0xC6336402), 80};
    if ((b[2] & 1) != 0) s.tuple = s.tuple.reversed();
    s.flags = b[3] & 0x3F;
    s.seq = number_of(b + 4);
    s.ack = number_of(b + 6);
    s.payload = b[8] * (b[9] & 1 ? 200u : 1u);
    s.ip_length = 40 + s.payload;
    s.window = static_cast<std::uint16_t>(b[10] << 8 | b[9]);
    const bool scaled = (s.flags & 2) != 0 && b[11] < 0x80;
    s.window_scale = scaled ? std::min<std::uint8_t>(b[11] & 15, kMaxWindowScale) : kNoWindowScale;
    s.ip_id = static_cast<std::uint16_t>(sent.size() + 1);
    sent.push_back({s, b[2] & 1u});
    bytes = bytes.subspan(kBytesPerSegment);
  }
  return sent;
}

std::vector<ConnectionRecord> records_of(const std::vector<Sent>& sent) {
  TableOptions options;
  options.max_connections = 16;
  options.scope = PacketScope::All;
  ConnectionTable table(options);
  EventBuffer buffer(ConnectionTable::kMaxEventsPerSegment * 2);
  std::vector<ConnectionRecord> records;
  const auto collect = [&] {
    for (const Event& e : buffer.events()) {
      if (e.kind == EventKind::Record) records.push_back(e.connection);
    }
    buffer.clear();
  };
  for (const Sent& s : sent) {
    while (table.observe({&s.segment, 1}, buffer) == 0) collect();
    collect();
  }
  while (!table.drain(buffer)) collect();
  collect();
  return records;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<Sent> sent = segments_of({data, size});
  std::uint64_t packets = 0;
  for (const ConnectionRecord& r : records_of(sent)) {
    test::WindowModel model;
    for (const Sent& s : sent) {
      if (s.segment.time >= r.first) model.observe(s.segment, s.sender);
    }
    const unsigned orig = r.tuple.orig.port == kOrigPort ? 0 : 1;
    require(r.orig.bytes <= model.max_bytes(orig), "the originator's bytes are within windows");
    require(r.resp.bytes <= model.max_bytes(1 - orig), "the responder's bytes are within windows");
    packets += r.orig.packets + r.resp.packets;
  }
  require(packets <= sent.size(), "a packet is counted once");
  return 0;
}
