/// \file
/// FrameWriter: writes TCP segments as Ethernet frames into a libpcap savefile, with correct
/// lengths and checksums.
///
/// Specs: libpcap savefile format (little-endian, microseconds), RFC 791, RFC 8200, RFC 9293, RFC
/// 7323 (timestamps). It uses none of synfin's libraries, so that it is independent of the
/// measured program.
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

  /// Exits with a message if `path` cannot be written.
  explicit FrameWriter(const char* path);
  ~FrameWriter();
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  /// Writes one frame and returns the length of its IP packet.
  std::uint32_t write(const TcpSegment& segment);

  /// The bytes written so far.
  std::uint64_t size() const { return size_; }

 private:
  void flush();

  std::FILE* file_;
  std::vector<std::uint8_t> buffer_;
  std::size_t used_ = 0;
  std::uint64_t size_ = 0;
  std::vector<std::uint8_t> noise_;  ///< payloads are parts of it
  std::uint32_t frames_ = 0;
};

}  // namespace synfin::bench
