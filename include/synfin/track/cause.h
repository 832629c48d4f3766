/// \file
/// Cause: why a connection failed or ended early, the confidence in that, and the evidence.
///
/// CauseFinder decides; records, events and reports carry the result. Names are contracts with
/// other programs: causes can be added, but not renamed. Tested in
/// tests/unit/track/cause_finder_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/base/time.h"

namespace synfin {

enum class Cause : std::uint8_t {
  None,                 ///< it did not fail, or nothing shows why
  Refused,              ///< the host answered the SYN with an RST
  RefusedOnPath,        ///< an RST from elsewhere answered in the name of the host
  Filtered,             ///< SYNs were dropped silently, although the host or its network answers
  HostAway,             ///< nothing answers
  Unreachable,          ///< an ICMP error answered the SYN
  HandshakeIncomplete,  ///< the SYN-ACK was never acknowledged
  AcceptedDropped,      ///< the responder closed before it sent a byte
  MtuBlackHole,         ///< large segments are lost again and again, and small ones pass
  ResetOnPath,          ///< an RST from elsewhere ended it in the name of the responder
  Backscatter,          ///< an answer to a packet with a forged address
};
inline constexpr int kCauses = 11;

enum class Confidence : std::uint8_t {
  None,
  Possible,  ///< another cause would look the same
  Likely,    ///< another cause would need a coincidence
  Certain,   ///< a packet proves it
};

/// "refused", "refused_on_path", "filtered", "host_away", "unreachable", "handshake_incomplete",
/// "accepted_dropped", "mtu_black_hole", "reset_on_path", "backscatter"; "none".
std::string_view to_string(Cause c);
/// "possible", "likely", "certain"; "none".
std::string_view to_string(Confidence c);

/// How often a segment must be repeated without an acknowledgement to be evidence.
inline constexpr std::uint8_t kMinStuckTimes = 3;

/// The cause of one connection and the facts behind it. Facts that are 0 or false are unknown.
struct CauseFacts {
  Address icmp_sender;            ///< Cause::Unreachable
  std::uint16_t stuck_bytes = 0;  ///< payload of the segment that was repeated in vain
  std::array<std::uint16_t, 2> answering_ports{};  ///< other ports of the host that answer
  std::uint8_t stuck_times = 0;
  std::uint8_t host_ttl = 0;  ///< TTL of the host's own packets
  Cause cause = Cause::None;
  Confidence confidence = Confidence::None;
  bool rst_without_data = false;  ///< the number of the responder's RST follows its SYN-ACK
  bool stuck_by_orig = false;     ///< the originator sent the segment
  bool peer_sends = false;        ///< the other side has sent small segments since
  bool port_answers = false;      ///< the same port answers others
  bool answered_before = false;   ///< the host answered before the attempt, and not since
  bool network_answers = false;   ///< the host never answered; its /24 or /64 does
};

struct ConnectionRecord;

/// The evidence in one phrase: "4 SYNs in 15 s; the host answers on 22, 80"; empty for Cause::None.
/// A log has it for each failure of a scan or flood, so that it is written without allocation.
class EvidenceText {
 public:
  explicit EvidenceText(const ConnectionRecord& record);
  /// Valid as long as this object.
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  void put_evidence(const ConnectionRecord& r);
  void put(std::string_view text);
  void put(std::uint64_t n);
  void put(const Address& address);
  void put_duration(Duration d);
  void put_rst(const ConnectionRecord& r);
  void put_silence(const ConnectionRecord& r);
  void put_ports(const CauseFacts& facts);
  void put_icmp(const ConnectionRecord& r);
  void put_drop(const ConnectionRecord& r);
  void put_black_hole(const CauseFacts& facts);

  /// Not initialised, because it is written before it is read.
  std::array<char, 192> text_;
  std::size_t size_ = 0;
};

}  // namespace synfin
