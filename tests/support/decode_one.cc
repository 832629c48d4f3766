// See decode_one.h.
#include "support/decode_one.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <stdexcept>

namespace synfin::test {
namespace {

Fate fate_of(const DecodeCounters& c) {
  if (c.total() != 1) throw std::logic_error("a packet is in no counter, or in two");
  if (c.decoded != 0) return Fate::Decoded;
  if (c.not_tcp != 0) return Fate::NotTcp;
  if (c.fragments != 0) return Fate::Fragment;
  if (c.truncated != 0) return Fate::Truncated;
  if (c.malformed != 0) return Fate::Malformed;
  return c.unsupported_link != 0 ? Fate::UnsupportedLink : Fate::BadChecksum;
}

/// Values of an earlier packet, as in a reused array.
Segment used_segment() {
  const Address address = Address::from_halves(0xDEADBEEF, 0xDEADBEEF);
  return {.time = timestamp_from_ns(-1),
          .tuple = {{address, 0xDEAD}, {address, 0xDEAD}},
          .seq = 0xDEAD,
          .ack = 0xDEAD,
          .payload = 0xDEAD,
          .ip_length = 0xDEAD,
          .encapsulation = {.tunnel_id = 0xDEAD,
                            .vlan = 0xEAD,
                            .outer_vlan = 0xDEA,
                            .tunnel = TunnelKind::Teredo},
          .flags = 0xDEAD,
          .window = 0xDEAD,
          .ip_id = 0xDEAD,
          .interface = 0xDEAD,
          .source = 0xDEAD,
          .ttl = 0xDD,
          .kind = SegmentKind::IcmpError,
          .icmp_type = 0xDD,
          .icmp_code = 0xDD,
          .icmp_v6 = true};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Fate fate) {
  constexpr const char* kNames[] = {"Decoded",   "NotTcp",          "Fragment",   "Truncated",
                                    "Malformed", "UnsupportedLink", "BadChecksum"};
  return out << kNames[static_cast<int>(fate)];
}

DecodedPacket decode_one(const Bytes& bytes, LinkType link, std::size_t caplen,
                         DecodeOptions options) {
  const std::size_t size = std::min(caplen, bytes.size());
  const auto exact = std::make_unique<std::uint8_t[]>(size);
  std::copy_n(bytes.begin(), size, exact.get());
  const Packet packet{.time = timestamp_from_ns(42),
                      .data = exact.get(),
                      .caplen = static_cast<std::uint32_t>(size),
                      .wirelen = static_cast<std::uint32_t>(bytes.size()),
                      .link = link,
                      .interface = 7,
                      .source = 3};
  Segment segment = used_segment();
  Decoder decoder(options);
  const std::size_t count = decoder.decode({&packet, 1}, {&segment, 1});
  if (count != decoder.counters().decoded)
    throw std::logic_error("decode() and its counter disagree");
  if (count == 1 && (segment.time != packet.time || segment.source != packet.source)) {
    throw std::logic_error("time or source got lost");
  }
  return {fate_of(decoder.counters()), segment};
}

DecodedPacket decode_one(const Stack& packet, std::size_t caplen, DecodeOptions options) {
  return decode_one(packet.bytes(), packet.link(), caplen, options);
}

std::string describe(const Segment& s) {
  const char* kind = s.kind == SegmentKind::Tcp ? "tcp" : "icmp";
  return fmt::format(
      "{} {}:{} > {}:{} seq {} ack {} flags {:x} win {} payload {} ip {} ttl {} id {} vlan {}/{} "
      "tunnel {}/{} "
      "icmp {}/{}/{}",
      kind, s.tuple.orig.address.to_string(), s.tuple.orig.port, s.tuple.resp.address.to_string(),
      s.tuple.resp.port, s.seq, s.ack, s.flags, s.window, s.payload, s.ip_length, s.ttl, s.ip_id,
      s.encapsulation.vlan, s.encapsulation.outer_vlan, static_cast<int>(s.encapsulation.tunnel),
      s.encapsulation.tunnel_id, s.icmp_type, s.icmp_code, s.icmp_v6 ? 6 : 4);
}

}  // namespace synfin::test
