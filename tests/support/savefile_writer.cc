/// \file
/// Writes packets into a savefile (pcap-savefile(5)).
/// Tested in tests/unit/decode/packet_builder_test.cc.
#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "support/packet_builder.h"

namespace synfin::test {
namespace {

constexpr std::uint32_t kMicroMagic = 0xA1B2C3D4;
constexpr std::uint32_t kNanoMagic = 0xA1B23C4D;
constexpr std::uint32_t kSnapLength = 262144;

void put_le(Bytes& out, std::uint64_t v, std::size_t size = 4) {
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(v >> 8 * i));
}

void put_packet(Bytes& out, const TimedPacket& p, PcapResolution resolution) {
  const auto ns = static_cast<std::uint64_t>(to_ns(p.time));
  const auto size = p.bytes.size();
  put_le(out, ns / 1'000'000'000);
  put_le(out, ns % 1'000'000'000 / (resolution == PcapResolution::Micro ? 1'000 : 1));
  put_le(out, size);
  put_le(out, p.wirelen != 0 ? p.wirelen : size);
  out.insert(out.end(), p.bytes.begin(), p.bytes.end());
}

}  // namespace

Packet as_packet(const Bytes& bytes, LinkType link, Timestamp time, std::uint32_t caplen) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  return {.time = time,
          .data = bytes.data(),
          .caplen = std::min(size, caplen),
          .wirelen = size,
          .link = link};
}

Bytes pcap_bytes(std::span<const TimedPacket> packets, LinkType link, PcapResolution resolution) {
  Bytes out;
  put_le(out, resolution == PcapResolution::Micro ? kMicroMagic : kNanoMagic);
  put_le(out, 2, 2);
  put_le(out, 4, 2);
  put_le(out, 0, 8);
  put_le(out, kSnapLength);
  put_le(out, static_cast<std::uint16_t>(link));
  for (const TimedPacket& p : packets) put_packet(out, p, resolution);
  return out;
}

void write_pcap(const std::string& path, std::span<const TimedPacket> packets, LinkType link,
                PcapResolution resolution) {
  const Bytes bytes = pcap_bytes(packets, link, resolution);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace synfin::test
