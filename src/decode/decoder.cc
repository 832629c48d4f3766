/// \file
/// The loop over a batch, with the plain path Ethernet → IP → TCP inlined into it.
/// Tested in tests/unit/decode/decoder_test.cc, fuzzed by tests/fuzz/decode_fuzz.cc.
#include "synfin/decode/decoder.h"

#include <cassert>

#include "synfin/decode/link.h"

namespace synfin {

static_assert(Decoder::kMaxNesting == kMaxIpHeaders);

namespace {

inline Verdict decode_packet(const Packet& packet, bool verify_checksums, Segment& out) {
  out.time = packet.time;
  out.interface = packet.interface;
  out.encapsulation = {};
  Walk walk{.out = out, .verify_checksums = verify_checksums};
  const ByteView frame(packet.data, packet.caplen, packet.wirelen);
  if (packet.link == LinkType::Ethernet) [[likely]]
    return decode_ethernet(frame, walk);
  return decode_link(packet.link, frame, walk);
}

std::uint64_t& counter_of(Verdict verdict, DecodeCounters& counters) {
  switch (verdict) {
    case Verdict::Decoded:
      return counters.decoded;
    case Verdict::NotTcp:
      return counters.not_tcp;
    case Verdict::Fragment:
      return counters.fragments;
    case Verdict::Truncated:
      return counters.truncated;
    case Verdict::Malformed:
      return counters.malformed;
    case Verdict::UnsupportedLink:
      return counters.unsupported_link;
    case Verdict::BadChecksum:
      break;
  }
  return counters.bad_checksum;
}

}  // namespace

std::size_t Decoder::decode(std::span<const Packet> packets, std::span<Segment> out) noexcept {
  assert(out.size() >= packets.size());
  std::size_t count = 0;
  for (const Packet& packet : packets) {
    const Verdict verdict = decode_packet(packet, options_.verify_checksums, out[count]);
    if (verdict == Verdict::Decoded) [[likely]] {
      ++count;
    } else {
      ++counter_of(verdict, counters_);
    }
  }
  counters_.decoded += count;
  return count;
}

}  // namespace synfin
