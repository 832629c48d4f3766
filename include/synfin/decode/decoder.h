/// \file
/// Packet[] → Segment[]: link layer, tunnels, IP, TCP and ICMP errors.
///
/// Specs: RFC 791, RFC 8200, RFC 9293, RFC 792, RFC 4443; each link and tunnel in its own file.
/// The decoder never reads beyond caplen, follows at most kMaxNesting nested IP headers and
/// allocates nothing. It cannot fail: a packet that it cannot decode is counted.
/// Tested in tests/unit/decode/, fuzzed by tests/fuzz/decode_fuzz.cc.
#pragma once

#include <cstdint>
#include <span>

#include "synfin/base/link_neighbors.h"
#include "synfin/base/packet.h"
#include "synfin/decode/segment.h"

namespace synfin {

/// Counts each packet given to decode() in exactly one member.
struct DecodeCounters {
  std::uint64_t decoded = 0;           ///< yielded a segment
  std::uint64_t not_tcp = 0;           ///< another protocol, or an ICMP message that quotes no TCP
  std::uint64_t fragments = 0;         ///< IP fragments after the first
  std::uint64_t truncated = 0;         ///< the captured bytes end before the TCP header does
  std::uint64_t malformed = 0;         ///< a header contradicts itself or its packet
  std::uint64_t unsupported_link = 0;  ///< the decoder does not know the link type
  std::uint64_t bad_checksum = 0;  ///< with verify_checksums only; reports add it to `malformed`

  std::uint64_t total() const {
    return decoded + not_tcp + fragments + truncated + malformed + unsupported_link + bad_checksum;
  }
};

struct DecodeOptions {
  /// Drop and count TCP segments whose IPv4 or TCP checksum is wrong.
  /// Cut and fragmented packets are not verified.
  bool verify_checksums = false;
  /// Decode Segment::mss and Segment::syn_options, which costs each packet some time.
  bool syn_options = false;
  /// Receives the MAC addresses of the senders of SYN-ACKs; may be null. It must outlive the
  /// decoder.
  LinkNeighbors* neighbors = nullptr;
};

/// Not thread-safe; one per packet thread.
class Decoder {
 public:
  static constexpr int kMaxNesting = 8;

  explicit Decoder(DecodeOptions options = {}) : options_(options) {}

  /// Decodes `packets` in order into the front of `out`, at most one segment each.
  /// Returns the number of segments. REQUIRES: out.size() >= packets.size().
  std::size_t decode(std::span<const Packet> packets, std::span<Segment> out) noexcept;

  const DecodeCounters& counters() const { return counters_; }

 private:
  DecodeOptions options_;
  DecodeCounters counters_;
};

}  // namespace synfin
