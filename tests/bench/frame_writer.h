/// \file
/// FrameWriter: TCP segments → Ethernet frames in a libpcap savefile, with right lengths and
/// checksums.
///
/// Specs: libpcap savefile format (little-endian, microseconds), RFC 791, RFC 8200, RFC 9293, RFC
/// 7323 (timestamps). Independent of the program it measures: nothing here comes from synfin's own
/// libraries.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace synfin::bench {

struct Endpoint {
  std::array<std::uint8_t, 16> address{};  ///< IPv4: the first four bytes
  std::uint16_t port = 0;
  bool v6 = false;
};

inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;

struct TcpSegment {
  std::uint64_t time_us = 0;
  const Endpoint* from = nullptr;
  const Endpoint* to = nullptr;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint32_t payload = 0;  ///< bytes, at most kMaxPayload
  std::uint8_t flags = 0;
  std::uint8_t ttl = 64;
};

class FrameWriter {
 public:
  static constexpr std::uint32_t kMaxPayload = 1448;

  /// Ends the program with a sentence when `path` cannot be written: a generator has nothing to go
  /// on with.
  explicit FrameWriter(const char* path);
  ~FrameWriter();
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  /// Writes one frame and returns the length of its IP packet.
  std::uint32_t write(const TcpSegment& segment);

  /// Bytes of the file so far.
  std::uint64_t size() const { return size_; }

 private:
  void flush();

  std::FILE* file_;
  std::vector<std::uint8_t> buffer_;
  std::size_t used_ = 0;
  std::uint64_t size_ = 0;
  std::vector<std::uint8_t> noise_;  ///< what payloads are cut from
  std::uint32_t frames_ = 0;
};

}  // namespace synfin::bench
