/// \file
/// Decodes arbitrary bytes as a packet of any link type. The packet must be counted once, its
/// segment must be possible, and neither the batch nor the checksum option may change the segment.
/// Input: link number (16 bits, little-endian), bytes on the wire that were not captured (16 bits),
/// the packet. The seeds in corpus/decode are the sample packets of
/// tests/support/encapsulations.cc.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "synfin/decode/decoder.h"

namespace {

using synfin::Decoder;
using synfin::Packet;
using synfin::Segment;
using synfin::SegmentKind;

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const Segment& a, const Segment& b) {
  return a.tuple == b.tuple && a.seq == b.seq && a.ack == b.ack && a.payload == b.payload &&
         a.ip_length == b.ip_length && a.encapsulation == b.encapsulation && a.flags == b.flags &&
         a.window == b.window && a.ip_id == b.ip_id && a.interface == b.interface &&
         a.kind == b.kind && a.ttl == b.ttl && a.icmp_type == b.icmp_type &&
         a.icmp_code == b.icmp_code && a.icmp_v6 == b.icmp_v6;
}

void require_possible(const Segment& s) {
  require(s.flags <= 0x1FF);
  require(s.kind == SegmentKind::Tcp ? s.ip_length >= 20 && s.payload < s.ip_length
                                     : s.icmp_type != 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kFront = 4;
  if (size < kFront || size > 1 << 20) return 0;
  const auto caplen = static_cast<std::uint32_t>(size - kFront);
  const Packet packet{.data = data + kFront,
                      .caplen = caplen,
                      .wirelen = caplen + data[2] + data[3] * 256u,
                      .link = static_cast<synfin::LinkType>(data[0] | data[1] << 8)};
  const std::array<Packet, 2> twice = {packet, packet};
  std::array<Segment, 2> out;
  Decoder decoder;
  const std::size_t count = decoder.decode(twice, out);
  require(decoder.counters().total() == 2 && decoder.counters().decoded == count && count != 1);

  Segment verified;
  Decoder verifier({.verify_checksums = true});
  const std::size_t sound = verifier.decode({&packet, 1}, {&verified, 1});
  require(verifier.counters().total() == 1);
  require(sound == 0 || count == 2);
  if (count == 0) return 0;
  require(same(out[0], out[1]));
  require_possible(out[0]);
  require(sound == 1 ? same(out[0], verified) : verifier.counters().bad_checksum == 1);
  return 0;
}
