// The same connection in each kind of file, intact and damaged. Tested by golden.captures.
#include <zlib.h>
#include <zstd.h>

#include <stdexcept>

#include "conversation.h"

namespace synfin::test {
namespace {

/// Appends little- or big-endian fields.
class Fields {
 public:
  explicit Fields(bool big_endian = false) : big_endian_(big_endian) {}
  Fields& u16(std::uint64_t v) { return put(v, 2); }
  Fields& u32(std::uint64_t v) { return put(v, 4); }
  Fields& bytes(const Bytes& more) {
    out_.insert(out_.end(), more.begin(), more.end());
    return *this;
  }
  Fields& pad4() {
    out_.resize((out_.size() + 3) / 4 * 4);
    return *this;
  }
  const Bytes& out() const { return out_; }

 private:
  Fields& put(std::uint64_t v, unsigned size) {
    for (unsigned i = 0; i < size; ++i) {
      out_.push_back(static_cast<std::uint8_t>(v >> 8 * (big_endian_ ? size - 1 - i : i)));
    }
    return *this;
  }

  bool big_endian_;
  Bytes out_;
};

std::uint64_t ns_of(const TimedPacket& p) { return static_cast<std::uint64_t>(to_ns(p.time)); }

Bytes big_endian_pcap(const Frames& all) {
  Fields file(true);
  file.u32(0xA1B2C3D4).u16(2).u16(4).u32(0).u32(0).u32(262144).u32(1);
  for (const TimedPacket& p : all) {
    file.u32(ns_of(p) / 1'000'000'000).u32(ns_of(p) / 1'000 % 1'000'000);
    file.u32(p.bytes.size()).u32(p.bytes.size()).bytes(p.bytes);
  }
  return file.out();
}

// ---- pcapng (draft-ietf-opsawg-pcapng §4) ----

Bytes block(std::uint32_t type, Fields body) {
  body.pad4();
  const std::uint64_t size = body.out().size() + 12;
  return Fields().u32(type).u32(size).bytes(body.out()).u32(size).out();
}

Bytes section() {
  return block(0x0A0D0D0A, Fields().u32(0x1A2B3C4D).u16(1).u16(0).u32(~0u).u32(~0u));
}

/// `resolution`: a second has 10^resolution units.
Bytes interface(LinkType link, const std::string& name, std::uint8_t resolution) {
  Fields body;
  body.u16(static_cast<std::uint16_t>(link)).u16(0).u32(0);
  body.u16(2).u16(name.size()).bytes(Bytes(name.begin(), name.end())).pad4();
  body.u16(9).u16(1).bytes({resolution}).pad4().u32(0);
  return block(1, body);
}

Bytes enhanced(std::uint32_t interface, const TimedPacket& p, std::uint64_t ns_per_tick) {
  const std::uint64_t ticks = ns_of(p) / ns_per_tick;
  return block(6, Fields()
                      .u32(interface)
                      .u32(ticks >> 32)
                      .u32(ticks & 0xFFFFFFFF)
                      .u32(p.bytes.size())
                      .u32(p.bytes.size())
                      .bytes(p.bytes));
}

/// Each packet crosses a bridge: it appears on one port and 40 µs later on the other.
Bytes bridge_copies() {
  Fields file;
  file.bytes(section())
      .bytes(interface(LinkType::Ethernet, "port0", 6))
      .bytes(interface(LinkType::Ethernet, "port1", 6));
  for (TimedPacket p : frames(complete_connection())) {
    file.bytes(enhanced(0, p, 1'000));
    p.time += std::chrono::microseconds{40};
    file.bytes(enhanced(1, p, 1'000));
  }
  return file.out();
}

/// Requests on Ethernet in microseconds, answers on a tunnel without link header in nanoseconds.
Bytes mixed_links() {
  Fields file;
  file.bytes(section())
      .bytes(interface(LinkType::Ethernet, "eth0", 6))
      .bytes(interface(LinkType::Raw, "tun0", 9));
  std::uint16_t id = 1;
  for (const Row& row : complete_connection()) {
    const bool up = row.direction == '>';
    const Stack ip = ip_packet(row, {}, id++);
    const Bytes bytes = up ? (ethernet(up) / ip).bytes() : ip.bytes();
    file.bytes(enhanced(up ? 0 : 1, {at(row.time), bytes}, up ? 1'000 : 1));
  }
  return file.out();
}

Frames with_nanoseconds() {
  Frames all = frames(complete_connection());
  for (std::size_t i = 0; i < all.size(); ++i) all[i].time += std::chrono::nanoseconds{100 + 7 * i};
  return all;
}

// ---- Compressed ----

Bytes gzipped(const Bytes& plain) {
  z_stream z{};
  if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib");
  Bytes in = plain, out(deflateBound(&z, plain.size()) + 64);
  z.next_in = in.data();
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

Bytes zstandard(const Bytes& plain) {
  Bytes out(ZSTD_compressBound(plain.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 19);
  if (ZSTD_isError(size)) throw std::runtime_error("zstd");
  out.resize(size);
  return out;
}

Bytes without_end(Bytes bytes, std::size_t missing) {
  bytes.resize(bytes.size() - missing);
  return bytes;
}

}  // namespace

std::vector<Capture> savefile_captures() {
  const Bytes plain = pcap_bytes(frames(complete_connection()), LinkType::Ethernet);
  return {
      {"big-endian.pcap", "a pcap file in the other byte order",
       big_endian_pcap(frames(complete_connection()))},
      {"nanosecond.pcap", "a pcap file with nanoseconds",
       pcap_bytes(with_nanoseconds(), LinkType::Ethernet, PcapResolution::Nano)},
      {"gzipped.pcap.gz", "a pcap file, compressed by gzip", gzipped(plain)},
      {"zstandard.pcap.zst", "a pcap file, compressed by Zstandard", zstandard(plain)},
      {"bridge-copies.pcapng",
       "each packet appears on two ports of a bridge, 40 µs apart: the second is a copy",
       bridge_copies()},
      {"mixed-links.pcapng",
       "two interfaces: Ethernet in microseconds, no link header in nanoseconds", mixed_links()},
      {"truncated.pcap",
       "the last packet record is cut short: synfin reports everything before it and exits with "
       "code 1",
       without_end(plain, 7)},
  };
}

}  // namespace synfin::test
