/// \file
/// ConnectionRecord: one connection as plain data, for every stage after the connection table.
///
/// conn_state and history are Zeek's
/// (https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html). Outcome and the
/// bases of figures have no counterpart in Zeek.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "synfin/base/five_tuple.h"
#include "synfin/base/time.h"
#include "synfin/decode/segment.h"
#include "synfin/track/cause.h"

namespace synfin {

/// Zeek's thirteen connection states.
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

/// The outcome of a connection in one word.
enum class Outcome : std::uint8_t {
  Open,         ///< established; no end was seen
  Closed,       ///< both sides sent a FIN, or one did and then the input ended or it timed out
  Reset,        ///< an RST ended it after the handshake
  Refused,      ///< an RST answered the SYN
  Unanswered,   ///< nothing answered the SYN
  Pending,      ///< the SYN came less than 3 s before the end of input; no handshake yet
  Unreachable,  ///< an ICMP error answered the SYN
  HalfOpen,     ///< the SYN-ACK, or a SYN of a simultaneous open, was never acknowledged
  Aborted,      ///< the originator reset it before the handshake was complete
  Midstream,    ///< no handshake was seen
  Backscatter,  ///< a lone SYN-ACK or RST, or a SYN-ACK that an RST rejected
};
inline constexpr int kOutcomes = 11;

/// The evidence for a byte count.
enum class BytesBasis : std::uint8_t {
  None,      ///< no evidence
  Seen,      ///< data segments were seen
  Fin,       ///< the sequence or acknowledgement number of a FIN
  Rst,       ///< the sequence or acknowledgement number of an RST
  Modulo,    ///< as Fin or Rst, but more than 4 GiB were possible: the count is modulo 2^32
  Socket,    ///< the host's socket table, at the end of the capture
  OneSided,  ///< data segments were seen, but the other end was not
};

/// The evidence for the direction.
enum class DirectionBasis : std::uint8_t {
  Syn,     ///< the originator sent a SYN
  Synack,  ///< the responder sent a SYN-ACK
  Port,    ///< the responder has the service port
  First,   ///< the originator sent the first packet
  Socket,  ///< the host's socket table, before any packet
};

/// How an RST that ended a connection was checked.
enum class RstBasis : std::uint8_t {
  None,        ///< no RST ended the connection
  Verified,    ///< its sequence number or acknowledgement fits (RFC 9293 §3.10.7, RFC 5961 §3)
  Unverified,  ///< accepted, because no number was known to check it against
  Confirmed,   ///< its number was in the window, and the other end sent nothing after it
};

/// The scan technique that the first segment of a connection may belong to. No connection begins
/// with the flags of the first four. The others may also be what remains of an old connection, so
/// only many of them make a scan.
enum class Probe : std::uint8_t { None, Fin, Null, Xmas, SynFin, Maimon, Ack };
inline constexpr int kProbes = 7;

/// One side of a connection, or neither.
enum class Side : std::uint8_t { None, Orig, Resp };

/// The names that logs and reports use: "S0", "unanswered", "fin", "synack", "unverified",
/// "orig".
std::string_view to_string(ConnState s);
std::string_view to_string(Outcome o);
std::string_view to_string(BytesBasis b);
std::string_view to_string(DirectionBasis b);
std::string_view to_string(RstBasis b);
std::string_view to_string(Side s);
std::string_view to_string(TunnelKind t);
/// The name of the scan: "fin", "null", "xmas", "syn+fin", "maimon", "ack"; "syn" for Probe::None.
std::string_view to_string(Probe p);

/// Zeek's history letters in the order in which they were added, upper case for the originator.
class History {
 public:
  static constexpr std::size_t kMax = 39;

  /// Keeps the first kMax letters.
  void assign(std::string_view letters) {
    letters = letters.substr(0, kMax);
    letters_ = {};
    letters.copy(letters_.data(), letters.size());
    size_ = static_cast<std::uint8_t>(letters.size());
  }
  /// Stores letter_at(0) to letter_at(size - 1). Each is written to its place, because copying
  /// bytes that were just written one by one stalls the processor. REQUIRES: size <= kMax.
  template <typename LetterAt>
  void fill(std::size_t size, LetterAt&& letter_at) {
    letters_ = {};
    for (std::size_t i = 0; i < size; ++i) letters_[i] = letter_at(i);
    size_ = static_cast<std::uint8_t>(size);
  }
  std::string_view view() const { return {letters_.data(), size_}; }
  /// True if a letter T of `side` shows that it has repeated data or a FIN. As in Zeek, data in a
  /// SYN or SYN-ACK has this letter, too: directly after the letter of the SYN or SYN-ACK.
  constexpr bool shows_retransmission(Side side) const {
    const bool orig = side == Side::Orig;
    for (std::size_t i = 0; i < size_; ++i) {
      if (letters_[i] != (orig ? 'T' : 't')) continue;
      const char before = i > 0 ? letters_[i - 1] : '\0';
      if (before != (orig ? 'S' : 's') && before != (orig ? 'H' : 'h')) return true;
    }
    return false;
  }
  bool empty() const { return size_ == 0; }

 private:
  std::array<char, kMax> letters_{};
  std::uint8_t size_ = 0;
};

/// Totals of the packets that one side sent.
struct DirectionTotals {
  std::uint64_t bytes = 0;     ///< TCP payload by sequence numbers, without SYN and FIN
  std::uint64_t packets = 0;   ///< packets seen
  std::uint64_t ip_bytes = 0;  ///< lengths of the IP packets seen, headers included
};

/// A count of a record that may be unknown.
enum class RecordCount : std::uint8_t {
  OrigBytes,
  RespBytes,
  MissedBytes,
  OrigPackets,
  OrigIpBytes,
  RespPackets,
  RespIpBytes,
};

/// The counts that are unknown, because a log does not have them.
class UnknownCounts {
 public:
  static constexpr UnknownCounts all() {
    UnknownCounts counts;
    counts.bits_ = 0x7F;
    return counts;
  }
  constexpr void add(RecordCount c) { bits_ = static_cast<std::uint8_t>(bits_ | bit(c)); }
  constexpr void remove(RecordCount c) { bits_ = static_cast<std::uint8_t>(bits_ & ~bit(c)); }
  constexpr bool has(RecordCount c) const { return (bits_ & bit(c)) != 0; }

 private:
  static constexpr unsigned bit(RecordCount c) { return 1u << static_cast<unsigned>(c); }
  std::uint8_t bits_ = 0;
};

struct ConnectionRecord {
  FiveTuple tuple;    ///< originator → responder
  Timestamp first{};  ///< the time of its first packet
  Timestamp last{};  ///< its last packet that counts; as in Zeek, packets after a full close do not
  Duration synack_rtt = kNoDuration;  ///< SYN → SYN-ACK, only if the SYN was not repeated (Karn)
  Duration ack_rtt = kNoDuration;     ///< SYN-ACK → ACK, PacketScope::All only
  DirectionTotals orig;
  DirectionTotals resp;
  std::uint32_t out_of_window = 0;  ///< segments outside the window: they count as packets only
  std::uint64_t missed_bytes = 0;   ///< acknowledged but never seen, PacketScope::All only
  History history;
  Encapsulation encapsulation;
  std::uint16_t syn_retries = 0;
  ConnState state = ConnState::OTH;
  Outcome outcome = Outcome::Midstream;
  BytesBasis bytes_basis = BytesBasis::None;
  DirectionBasis direction_basis = DirectionBasis::First;
  RstBasis rst_basis = RstBasis::None;
  Side closed_by = Side::None;  ///< the sender of the first FIN, or of the RST that ended it
  Probe probe = Probe::None;    ///< set if nothing but a probe and perhaps an RST was seen
  bool retransmitted = false;   ///< data or a FIN was repeated; PacketScope::All only
  bool evicted = false;         ///< ended early because the table was full
  bool reused = false;          ///< ended because a new connection took its tuple
  /// False if the record was read from a log without synfin's own columns: syn_retries, evicted and
  /// out_of_window are then unknown.
  bool own_columns = true;
  /// TTL of the RST or ICMP error that decided the outcome; 0 = none.
  std::uint8_t end_ttl = 0;
  std::uint8_t icmp_type = 0;  ///< Outcome::Unreachable only: type and code of the ICMP error
  std::uint8_t icmp_code = 0;
  std::uint8_t answer_ttl = 0;  ///< TTL of the responder's SYN-ACK; 0 = not seen
  UnknownCounts unknown;        ///< these counts are 0
  /// How long no packet was seen before the RST that ended it, or before the segment that this RST
  /// answered, if at least 5 s; else kNoDuration. With control packets only, the numbers show that
  /// no data passed.
  Duration idle = kNoDuration;
  CauseFacts cause;

  Duration duration() const { return saturating_sub(last, first); }
};

}  // namespace synfin
