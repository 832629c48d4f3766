/// \file
/// ConnectionRecord: what is known of one TCP connection, as plain data for all that comes after
/// the table.
///
/// Vocabulary: Zeek's (conn_state, history;
/// https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html), and ours where Zeek
/// has no word (Outcome and the bases).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "synfin/base/five_tuple.h"
#include "synfin/base/time.h"
#include "synfin/decode/segment.h"

namespace synfin {

/// Zeek's thirteen.
enum class ConnState : std::uint8_t {
  S0,
  S1,
  SF,
  REJ,
  S2,
  S3,
  RSTO,
  RSTR,
  RSTOS0,
  RSTRH,
  SH,
  SHR,
  OTH
};
inline constexpr int kConnStates = 13;

/// One word that a person understands.
enum class Outcome : std::uint8_t {
  Open,         ///< established, no end seen
  Closed,       ///< both sides sent FIN, or one did and the input or timeout ended
  Reset,        ///< an RST ended it after the handshake
  Refused,      ///< an RST answered the SYN
  Unanswered,   ///< nothing answered the SYN
  Pending,      ///< a SYN less than 3 s before the end of input: too early to say
  Unreachable,  ///< an ICMP error answered the SYN
  HalfOpen,     ///< the SYN-ACK was never acknowledged
  Aborted,      ///< the originator reset before the handshake ended
  Midstream,    ///< no handshake seen
  Backscatter,  ///< a lone SYN-ACK or RST
};
inline constexpr int kOutcomes = 11;

/// What a byte count rests on.
enum class BytesBasis : std::uint8_t {
  None,    ///< nothing proves a count
  Seen,    ///< data segments were seen
  Fin,     ///< the sequence number of a FIN, or the acknowledgement in one
  Rst,     ///< the sequence number or acknowledgement of an RST
  Modulo,  ///< as Fin or Rst, but more than 4 GiB could have passed: the count is modulo 2^32
  Socket,  ///< the host's socket table, at the end of the capture
};

/// Why one side is called the originator.
enum class DirectionBasis : std::uint8_t {
  Syn,
  Synack,
  Port,
  First,
  Socket,  ///< the host's socket table said so, before any packet
};

/// How far an RST that ended a connection was checked.
enum class RstBasis : std::uint8_t {
  None,        ///< no RST ended it
  Verified,    ///< its sequence number or acknowledgement fits (RFC 9293 §3.10.7, RFC 5961 §3)
  Unverified,  ///< believed, with nothing to check it against
};

enum class Side : std::uint8_t { None, Orig, Resp };

/// The text forms used in logs and reports: "S0", "unanswered", "fin", "synack", "unverified",
/// "orig".
std::string_view to_string(ConnState s);
std::string_view to_string(Outcome o);
std::string_view to_string(BytesBasis b);
std::string_view to_string(DirectionBasis b);
std::string_view to_string(RstBasis b);
std::string_view to_string(Side s);
std::string_view to_string(TunnelKind t);

/// Zeek's history letters in order of their first appearance, upper case for the originator.
class History {
 public:
  static constexpr std::size_t kMax = 39;

  /// Past kMax letters the rest is not kept.
  void assign(std::string_view letters) {
    letters = letters.substr(0, kMax);
    letters_ = {};
    letters.copy(letters_.data(), letters.size());
    size_ = static_cast<std::uint8_t>(letters.size());
  }
  /// The first `size` of `letters`, and zeros behind them.
  void assign(const std::array<char, kMax>& letters, std::size_t size) {
    letters_ = letters;
    size_ = static_cast<std::uint8_t>(size);
  }
  std::string_view view() const { return {letters_.data(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  std::array<char, kMax> letters_{};
  std::uint8_t size_ = 0;
};

/// One direction's totals.
struct DirectionTotals {
  std::uint64_t bytes = 0;     ///< TCP payload by sequence numbers, handshake and FIN not counted
  std::uint64_t packets = 0;   ///< packets seen
  std::uint64_t ip_bytes = 0;  ///< IP packets seen, headers included
};

struct ConnectionRecord {
  FiveTuple tuple;    ///< originator → responder
  Timestamp first{};  ///< its first packet's own time
  Timestamp last{};  ///< the last packet that counts for the duration (Zeek: not what trails a full
                     ///< close)
  Duration synack_rtt = kNoDuration;  ///< SYN → SYN-ACK, where the SYN was sent once (Karn)
  Duration ack_rtt = kNoDuration;     ///< SYN-ACK → ACK, all packets only
  DirectionTotals orig;
  DirectionTotals resp;
  std::uint64_t missed_bytes = 0;  ///< acknowledged but never seen, all packets only
  History history;
  Encapsulation encapsulation;
  std::uint16_t syn_retries = 0;
  ConnState state = ConnState::OTH;
  Outcome outcome = Outcome::Midstream;
  BytesBasis bytes_basis = BytesBasis::None;
  DirectionBasis direction_basis = DirectionBasis::First;
  RstBasis rst_basis = RstBasis::None;
  Side closed_by = Side::None;  ///< who sent the first FIN or the RST that counts
  bool evicted = false;         ///< the table was full; the details was cut short
  bool reused = false;          ///< ended because a new connection took its ports
  std::uint8_t end_ttl =
      0;  ///< TTL of the packet that decided the outcome (RST, ICMP error), 0 = none
  std::uint8_t icmp_type = 0;  ///< Outcome::Unreachable: what the ICMP error said
  std::uint8_t icmp_code = 0;

  Duration duration() const { return last - first; }
};

}  // namespace synfin
