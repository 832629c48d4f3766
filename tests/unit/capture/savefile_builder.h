/// \file
/// Savefiles built byte by byte for tests, files to put them in, and all packets of a source as
/// values.
#pragma once

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/capture/packet_source.h"
#include "synfin/capture/savefile.h"

namespace synfin::test {

/// Numbers appended in one byte order.
class Octets {
 public:
  explicit Octets(bool big_endian = false) : big_endian_(big_endian) {}

  Octets& u8(unsigned v) { return put(v, 1); }
  Octets& u16(unsigned v) { return put(v, 2); }
  Octets& u32(std::uint64_t v) { return put(v, 4); }
  Octets& u64(std::uint64_t v) { return put(v, 8); }
  Octets& text(std::string_view v) {
    text_ += v;
    return *this;
  }
  Octets& pad4() {
    while (text_.size() % 4 != 0) text_ += '\0';
    return *this;
  }
  const std::string& str() const { return text_; }
  bool big_endian() const { return big_endian_; }

 private:
  Octets& put(std::uint64_t v, int size) {
    for (int i = 0; i < size; ++i) {
      text_ += static_cast<char>(v >> 8 * (big_endian_ ? size - 1 - i : i) & 0xFF);
    }
    return *this;
  }

  std::string text_;
  bool big_endian_;
};

struct PcapHeader {
  std::uint32_t magic = 0xa1b2c3d4;
  unsigned major = 2;
  unsigned minor = 4;
  std::uint32_t snap_length = 262144;
  std::uint32_t network = 1;
  bool big_endian = false;
};

inline std::string pcap_header(const PcapHeader& h = {}) {
  return Octets(h.big_endian)
      .u32(h.magic)
      .u16(h.major)
      .u16(h.minor)
      .u32(0)
      .u32(0)
      .u32(h.snap_length)
      .u32(h.network)
      .str();
}

inline std::string pcap_record(std::uint32_t seconds, std::uint32_t fraction, std::string_view data,
                               std::uint32_t wire, bool big_endian = false) {
  return Octets(big_endian).u32(seconds).u32(fraction).u32(data.size()).u32(wire).text(data).str();
}

inline std::string pcap_record(std::uint32_t seconds, std::uint32_t fraction,
                               std::string_view data) {
  return pcap_record(seconds, fraction, data, static_cast<std::uint32_t>(data.size()));
}

/// A pcapng block around `body`, which is padded.
inline std::string block(std::uint32_t type, Octets body) {
  body.pad4();
  const std::uint64_t size = body.str().size() + 12;
  return Octets(body.big_endian()).u32(type).u32(size).text(body.str()).u32(size).str();
}

inline Octets& option(Octets& to, unsigned code, std::string_view value) {
  return to.u16(code).u16(static_cast<unsigned>(value.size())).text(value).pad4();
}

inline std::string section(bool big_endian = false, unsigned major = 1, unsigned minor = 0) {
  return block(0x0A0D0D0A,
               Octets(big_endian).u32(0x1A2B3C4D).u16(major).u16(minor).u64(~std::uint64_t{0}));
}

/// An interface description; `options` in the same byte order, if any.
inline std::string interface(unsigned link, std::uint32_t snap = 0,
                             const Octets& options = Octets()) {
  return block(1, Octets(options.big_endian()).u16(link).u16(0).u32(snap).text(options.str()));
}

inline std::string enhanced(std::uint32_t id, std::uint64_t ticks, std::string_view data,
                            std::uint32_t wire, bool big_endian = false) {
  return block(6, Octets(big_endian)
                      .u32(id)
                      .u32(ticks >> 32)
                      .u32(ticks & 0xFFFFFFFF)
                      .u32(data.size())
                      .u32(wire)
                      .text(data));
}

inline std::string enhanced(std::uint32_t id, std::uint64_t ticks, std::string_view data) {
  return enhanced(id, ticks, data, static_cast<std::uint32_t>(data.size()));
}

inline std::string gzip(const std::string& plain) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, plain.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  z.avail_in = static_cast<uInt>(plain.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

inline std::string zstd(const std::string& plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

inline std::string lz4(const std::string& plain) {
  std::string out(LZ4F_compressFrameBound(plain.size(), nullptr), '\0');
  out.resize(LZ4F_compressFrame(out.data(), out.size(), plain.data(), plain.size(), nullptr));
  return out;
}

inline std::string xz(const std::string& plain) {
  std::string out(lzma_stream_buffer_bound(plain.size()), '\0');
  std::size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(
                1, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(plain.data()),
                plain.size(), reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size()),
            LZMA_OK);
  out.resize(size);
  return out;
}

inline std::string bzip2(std::string plain) {
  unsigned size = static_cast<unsigned>(plain.size() * 2 + 1000);
  std::string out(size, '\0');
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &size, plain.data(),
                                     static_cast<unsigned>(plain.size()), 1, 0, 0),
            BZ_OK);
  out.resize(size);
  return out;
}

/// A temporary folder that is removed with its content when the test ends.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/synfin-capture-XXXXXX";
    EXPECT_NE(mkdtemp(name), nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  /// Writes a file and returns its path.
  std::string file(const std::string& name, std::string_view content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A packet with its bytes, to keep and compare.
struct Seen {
  std::int64_t ns = 0;
  std::string bytes;
  std::uint32_t wirelen = 0;
  LinkType link = LinkType::Unknown;
  std::uint16_t interface = 0;

  friend bool operator==(const Seen&, const Seen&) = default;
};

inline void PrintTo(const Seen& seen, std::ostream* out) {
  *out << seen.ns << " ns, " << seen.bytes.size() << " of " << seen.wirelen << " bytes, link "
       << static_cast<int>(seen.link) << ", interface " << seen.interface;
}

inline Seen see(const Packet& p) {
  return {to_ns(p.time),
          {reinterpret_cast<const char*>(p.data), p.caplen},
          p.wirelen,
          p.link,
          p.interface};
}

inline std::vector<Seen> read_all(PacketSource& source, std::size_t batch_size = 16) {
  std::vector<Seen> all;
  std::vector<Packet> batch(batch_size);
  while (!source.ended()) {
    const std::size_t count = source.next_batch(batch);
    for (std::size_t i = 0; i < count; ++i) all.push_back(see(batch[i]));
  }
  EXPECT_EQ(source.next_batch(batch), 0U) << "an ended source gave more";
  return all;
}

/// The result of reading some bytes.
struct ReadOutcome {
  std::vector<Seen> packets;
  std::string error;  ///< the error of opening
  std::string damage;
  std::vector<InterfaceInfo> interfaces;
  DropCounters drops;
};

/// The bytes are copied to the heap without a byte to spare, so that a sanitizer sees a read past
/// them.
inline ReadOutcome read_bytes(const std::string& content, const SavefileOptions& options = {},
                              std::size_t batch = 16) {
  const std::vector<std::uint8_t> exact(content.begin(), content.end());
  auto opened = open_savefile_bytes(exact, "x.pcap", options);
  if (!opened) return {{}, opened.error().message, "", {}, {}};
  ReadOutcome outcome;
  outcome.packets = read_all(**opened, batch);
  outcome.damage = (*opened)->damage();
  outcome.interfaces = (*opened)->interfaces();
  outcome.drops = (*opened)->drops();
  return outcome;
}

/// Options under which every record straddles chunks.
inline SavefileOptions chunks_of(std::size_t size) {
  SavefileOptions options;
  options.chunk_size = size;
  return options;
}

}  // namespace synfin::test
