#include "bench/frame_writer.h"

#include <cstdlib>
#include <cstring>

#include "bench/random.h"

namespace synfin::bench {
namespace {

constexpr std::size_t kBuffer = std::size_t{4} << 20;
constexpr std::size_t kMaxFrame = 16 + 14 + 40 + 40 + FrameWriter::kMaxPayload;
constexpr std::size_t kNoise = std::size_t{1} << 16;
constexpr std::uint8_t kTcp = 6;

/// Appends numbers.
class Bytes {
 public:
  explicit Bytes(std::uint8_t* at) : at_(at) {}

  void u8(std::uint8_t v) { *at_++ = v; }
  void u16(std::uint32_t v) {
    u8(static_cast<std::uint8_t>(v >> 8));
    u8(static_cast<std::uint8_t>(v));
  }
  void u32(std::uint32_t v) {
    u16(v >> 16);
    u16(v & 0xFFFF);
  }
  /// The header fields of the savefile, little-endian.
  void little32(std::uint32_t v) {
    for (int shift = 0; shift < 32; shift += 8) u8(static_cast<std::uint8_t>(v >> shift));
  }
  void copy(const std::uint8_t* from, std::size_t size) {
    std::memcpy(at_, from, size);
    at_ += size;
  }
  std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

/// The sum of the Internet checksum (RFC 1071), four bytes at a time, before it is folded to two.
std::uint64_t sum(std::uint64_t so_far, const std::uint8_t* data, std::size_t size) {
  while (size >= 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, data, 4);
    so_far += word;
    data += 4;
    size -= 4;
  }
  std::uint32_t rest = 0;
  std::memcpy(&rest, data, size);
  return so_far + rest;
}

void put_checksum(std::uint8_t* at, std::uint64_t total) {
  while (total >> 16) total = (total & 0xFFFF) + (total >> 16);
  const auto folded = static_cast<std::uint16_t>(~total);
  std::memcpy(at, &folded, 2);  // summed and stored in the byte order of the machine
}

void put_ethernet(Bytes& out, const TcpSegment& s) {
  out.u16(0x0200);
  out.u32(s.to->port);
  out.u16(0x0200);
  out.u32(s.from->port);
  out.u16(s.from->v6 ? 0x86DD : 0x0800);
}

std::uint32_t put_ip(Bytes& out, const TcpSegment& s, std::uint32_t tcp_length, std::uint32_t id) {
  std::uint8_t* const start = out.at();
  if (s.from->v6) {
    out.u32(0x60000000);
    out.u16(tcp_length);
    out.u8(kTcp);
    out.u8(s.ttl);
    out.copy(s.from->address.data(), 16);
    out.copy(s.to->address.data(), 16);
    return 40 + tcp_length;
  }
  out.u16(0x4500);
  out.u16(20 + tcp_length);
  out.u16(id & 0xFFFF);
  out.u16(0x4000);  // don't fragment
  out.u8(s.ttl);
  out.u8(kTcp);
  out.u16(0);
  out.copy(s.from->address.data(), 4);
  out.copy(s.to->address.data(), 4);
  put_checksum(start + 10, sum(0, start, 20));
  return 20 + tcp_length;
}

std::uint32_t tcp_header_length(const TcpSegment& s) {
  if (s.flags & kSyn) return 40;
  return s.flags & kRst ? 20 : 32;
}

void put_tcp_options(Bytes& out, const TcpSegment& s) {
  if (s.flags & kRst) return;
  if (s.flags & kSyn) {
    out.u32(0x020405B4);  // maximum segment size 1460
    out.u32(0x0402080A);  // selective acknowledgements; timestamps
  } else {
    out.u32(0x0101080A);
  }
  out.u32(static_cast<std::uint32_t>(s.time_us / 1000));
  out.u32(s.flags & kAck ? static_cast<std::uint32_t>(s.time_us / 1000 - 1) : 0);
  if (s.flags & kSyn) out.u32(0x01030307);  // window scale 7
}

std::uint64_t pseudo_header(const TcpSegment& s, std::uint32_t tcp_length) {
  const std::size_t size = s.from->v6 ? 16 : 4;
  std::array<std::uint8_t, 4> rest = {0, kTcp, static_cast<std::uint8_t>(tcp_length >> 8),
                                      static_cast<std::uint8_t>(tcp_length)};
  return sum(sum(sum(0, s.from->address.data(), size), s.to->address.data(), size), rest.data(), 4);
}

void put_tcp(Bytes& out, const TcpSegment& s, std::uint32_t header, const std::uint8_t* payload) {
  std::uint8_t* const start = out.at();
  out.u16(s.from->port);
  out.u16(s.to->port);
  out.u32(s.seq);
  out.u32(s.ack);
  out.u8(static_cast<std::uint8_t>(header / 4 << 4));
  out.u8(s.flags);
  out.u16(s.flags & kRst ? 0 : 502);
  out.u32(0);  // checksum, urgent pointer
  put_tcp_options(out, s);
  out.copy(payload, s.payload);
  const std::uint32_t length = header + s.payload;
  put_checksum(start + 16, sum(pseudo_header(s, length), start, length));
}

}  // namespace

FrameWriter::FrameWriter(const char* path)
    : file_(std::fopen(path, "wb")), buffer_(kBuffer), noise_(kNoise) {
  if (file_ == nullptr) {
    std::perror(path);
    std::exit(1);
  }
  Random random(1);
  for (std::uint8_t& byte : noise_) byte = static_cast<std::uint8_t>(random.next());
  Bytes out(buffer_.data());
  out.little32(0xA1B2C3D4);
  out.little32(0x00040002);  // version 2.4
  out.little32(0);
  out.little32(0);
  out.little32(262144);
  out.little32(1);  // Ethernet
  used_ = size_ = 24;
}

FrameWriter::~FrameWriter() {
  flush();
  if (std::fclose(file_) != 0) std::perror("closing the capture");
}

void FrameWriter::flush() {
  if (std::fwrite(buffer_.data(), 1, used_, file_) != used_) {
    std::perror("writing the capture");
    std::exit(1);
  }
  used_ = 0;
}

std::uint32_t FrameWriter::write(const TcpSegment& segment) {
  if (buffer_.size() - used_ < kMaxFrame) flush();
  const std::uint32_t header = tcp_header_length(segment);
  const std::uint32_t length = 14 + (segment.from->v6 ? 40 : 20) + header + segment.payload;
  ++frames_;
  Bytes out(buffer_.data() + used_);
  out.little32(static_cast<std::uint32_t>(segment.time_us / 1'000'000));
  out.little32(static_cast<std::uint32_t>(segment.time_us % 1'000'000));
  out.little32(length);
  out.little32(length);
  put_ethernet(out, segment);
  const std::uint32_t ip_length = put_ip(out, segment, header + segment.payload, frames_);
  put_tcp(out, segment, header, noise_.data() + frames_ % (kNoise - kMaxPayload));
  used_ += 16 + length;
  size_ += 16 + length;
  return ip_length;
}

}  // namespace synfin::bench
