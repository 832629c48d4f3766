/// \file
/// Slot: one connection in the table, 112 bytes. Detail: the state that only unusual connections
/// need.
///
/// The two ends of a connection are numbered 0 and 1 in the order of ConnectionKey. One bit states
/// which end is the originator, so a later proof of the direction flips that bit and nothing else.
/// Tested through ConnectionTable and in tests/unit/track/slot_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "synfin/base/address.h"
#include "synfin/base/time.h"
#include "synfin/track/connection.h"

namespace synfin {

/// The state of one end, as Zeek models an endpoint.
enum class EndState : std::uint8_t {
  Inactive,     ///< nothing seen
  SynSent,      ///< sent a SYN
  Partial,      ///< sent a segment, but no handshake was seen
  Established,  ///< its part of the handshake was seen (originator: its SYN was answered)
  Closed,       ///< sent a FIN
  Reset,        ///< sent an RST that counts
};

/// The letters that an end already has in the history, so that each is written once.
enum HistoryBit : std::uint8_t {
  kHistSyn = 1,
  kHistFin = 2,
  kHistRst = 4,
  kHistData = 8,
  kHistAck = 16,
};

/// The queue of a slot: what it waits for.
enum class Queue : std::uint8_t {
  Remembered,   ///< its record is written; the tuple stays so that stragglers begin no new one
  Unproven,     ///< one-sided without payload; Control only: the SYN-ACK was repeated
  HalfOpen,     ///< the handshake is not complete
  Open,         ///< established or midstream
  HalfClosed,   ///< one end sent a FIN
  KernelKnown,  ///< not ended and listed in the host's socket table: never times out
  Lingering,    ///< ended; its record is not yet written
  None,         ///< the slot is free
};
inline constexpr int kQueues = 7;

/// History letters, as indices into PackedHistory::kLetters.
enum class Letter : std::uint8_t { S, H, A, D, F, R, C, G, I, Q, T, W, Flip };

/// Up to twelve history letters in eight bytes. Each takes 5 bits (4 for the letter, 1 for the
/// end); the topmost 4 bits hold the count.
class PackedHistory {
 public:
  static constexpr unsigned kCapacity = 12;
  static constexpr std::string_view kLetters = "SHADFRCGIQTW^";

  unsigned size() const { return static_cast<unsigned>(bits_ >> 60); }
  bool full() const { return size() == kCapacity; }
  /// REQUIRES: !full().
  void append(Letter letter, unsigned end) {
    bits_ |= std::uint64_t{static_cast<unsigned>(letter) | end << 4} << (5 * size());
    bits_ += std::uint64_t{1} << 60;
  }
  /// Appends if `wanted`, without a branch, because the branch would be mispredicted often.
  /// REQUIRES: !wanted or !full().
  void append_if(bool wanted, Letter letter, unsigned end) {
    const std::uint64_t symbol = static_cast<unsigned>(letter) | end << 4;
    const std::uint64_t only = std::uint64_t{0} - wanted;
    bits_ |= (symbol & only & 31u) << (5 * size() & 63u);
    bits_ += std::uint64_t{wanted} << 60;
  }
  /// A history that holds the index of a Detail instead of letters.
  static PackedHistory elsewhere(std::uint32_t detail) {
    PackedHistory history;
    history.bits_ = detail;
    return history;
  }
  std::uint32_t detail() const { return static_cast<std::uint32_t>(bits_); }
  /// The letter at `i` and its end, as letter | end << 4.
  unsigned symbol(unsigned i) const { return static_cast<unsigned>(bits_ >> (5 * i)) & 31u; }

 private:
  std::uint64_t bits_ = 0;
};

/// A round-trip time in four bytes: in nanoseconds below 2.1 s, in microseconds above.
class PackedRtt {
 public:
  bool known() const { return bits_ != kNone; }
  void set(Duration d);
  Duration get() const;

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr std::uint32_t kMicroseconds = 0x80000000;
  std::uint32_t bits_ = kNone;
};

/// The largest number of packets that a SlotSide counts.
inline constexpr std::uint32_t kPacketsMask = (1u << 20) - 1;

/// The window scale of an end whose SYN was not seen.
inline constexpr unsigned kUnknownScale = 15;

/// Sequence numbers and totals of one end.
struct SlotSide {
  /// The initial sequence number; without a SYN, the first number seen minus 1.
  std::uint32_t start = 0;
  std::uint32_t last = 0;      ///< one past the highest sequence number sent or acknowledged
  std::uint32_t ip_bytes = 0;  ///< low 32 bits; the rest in Detail
  /// Three fields in one word, so that the fast path counts a packet with one addition.
  std::uint32_t counts = std::uint32_t{kUnknownScale} << kScaleAt;

  /// Low 20 bits of the number of packets; the rest in Detail.
  constexpr std::uint32_t packets() const { return counts & kPacketsMask; }
  void set_packets(std::uint32_t n) { set(kPacketsMask, n); }
  /// Shift of the window field (RFC 7323 §2.2). Without a SYN the largest is assumed.
  constexpr unsigned scale() const { return std::min<unsigned>(known_scale(), kMaxWindowScale); }
  /// The same, but kUnknownScale without a SYN.
  constexpr unsigned known_scale() const { return counts >> kScaleAt & 15u; }
  /// The peer's edge is stored in units of this scale: use change_scale() once it has one.
  void set_scale(unsigned shift) { set(15u << kScaleAt, shift << kScaleAt); }
  /// Eight bits that belong to the Slot, not to the end: see its accessors.
  constexpr std::uint32_t shared() const { return counts >> kSharedAt; }
  void set_shared(std::uint32_t bits) { set(0xFFu << kSharedAt, bits << kSharedAt); }

 private:
  static constexpr unsigned kScaleAt = 20;
  static constexpr unsigned kSharedAt = 24;
  void set(std::uint32_t mask, std::uint32_t bits) { counts = (counts & ~mask) | (bits & mask); }
};

/// Flags of one end. steady() in lifecycle_fast_path.cc tests the six lowest bits together.
struct SlotSideFlags {
  std::uint32_t state : 3 = 0;   ///< EndState
  std::uint32_t closed : 1 = 0;  ///< sent a FIN or RST, and no data before it is missing
  /// `last` comes from an acknowledgement; the data below was not seen.
  std::uint32_t ack_ahead : 1 = 0;
  std::uint32_t hole : 1 = 0;         ///< data is missing below `last`; Detail::side has the ranges
  std::uint32_t previous : 3 = 0;     ///< EndState before the last change
  std::uint32_t history : 5 = 0;      ///< set of HistoryBit
  std::uint32_t data : 1 = 0;         ///< payload was seen
  std::uint32_t acked : 1 = 0;        ///< the peer acknowledged more than the SYN
  std::uint32_t last_is_rst : 1 = 0;  ///< `last` is an RST's sequence number
  /// `last` comes from a FIN, an RST or the acknowledgement in one.
  std::uint32_t last_proven : 1 = 0;
  std::uint32_t retransmitted : 1 = 0;  ///< the history has its letter T
  std::uint32_t zero_window : 1 = 0;    ///< the history has its letter W
  std::uint32_t edge : 12 = 0;          ///< right edge of the window, see sequence_window.h
};

struct SlotFlags {
  std::uint32_t queue : 3 = 0;            ///< Queue
  std::uint32_t udp : 1 = 0;              ///< Transport::Udp, else Transport::Tcp
  std::uint32_t orig : 1 = 0;             ///< which end is the originator
  std::uint32_t direction_basis : 2 = 0;  ///< DirectionBasis up to First; Socket is adopted()
  std::uint32_t rst_basis : 2 = 0;        ///< RstBasis
  std::uint32_t closed_by : 2 = 0;        ///< 0 = none, else 1 + end
  std::uint32_t has_detail : 1 = 0;
  std::uint32_t syn : 1 = 0;     ///< the originator's SYN was seen
  std::uint32_t synack : 1 = 0;  ///< a SYN-ACK was seen
  std::uint32_t synack_repeated : 1 = 0;
  std::uint32_t handshake : 1 = 0;  ///< the SYN-ACK was acknowledged
  std::uint32_t opened : 1 = 0;     ///< EventKind::Open or Midstream was emitted
  std::uint32_t ended : 1 = 0;
  std::uint32_t unreachable : 1 = 0;     ///< an ICMP error quoted the SYN
  std::uint32_t bare_rst : 1 = 0;        ///< the RST that ended it had no ACK flag
  std::uint32_t encapsulation : 12 = 0;  ///< id from EncapsulationIds
};

struct Slot {
  std::array<Address, 2> address;
  std::array<std::uint16_t, 2> port{};
  SlotFlags flags;
  Timestamp first{};
  Timestamp last{};
  std::array<SlotSide, 2> side;
  PackedHistory history;  ///< with has_detail: elsewhere()
  PackedRtt synack_rtt;
  /// From the SYN-ACK to its acknowledgement. Without a SYN and a SYN-ACK, it holds a Probe
  /// instead, and with flags.unreachable the ICMP type and code, and kRetried.
  PackedRtt ack_rtt;
  std::array<SlotSideFlags, 2> side_flags;

  EndState state(unsigned end) const { return static_cast<EndState>(side_flags[end].state); }
  void set_state(unsigned end, EndState s) {
    if (state(end) == s) return;
    side_flags[end].previous = side_flags[end].state;
    side_flags[end].state = static_cast<std::uint32_t>(s) & 7u;
  }
  /// TTL of the first SYN-ACK, later of the RST or ICMP error that decided the outcome; 0 = none.
  std::uint8_t end_ttl() const { return static_cast<std::uint8_t>(side[0].shared()); }
  void set_end_ttl(std::uint8_t ttl) { side[0].set_shared(ttl); }
  /// SYNs repeated with the same number; saturates at kMaxSynRetries.
  unsigned syn_retries() const { return side[1].shared() & kMaxSynRetries; }
  void set_syn_retries(unsigned n) { set_shared(kMaxSynRetries, std::min(n, kMaxSynRetries)); }
  /// The socket table listed it before any packet: numbers are unknown until a packet.
  bool adopted() const { return (side[1].shared() & kAdopted) != 0; }
  void set_adopted() { set_shared(kAdopted, kAdopted); }
  /// The host's socket table lists the connection.
  bool kernel_known() const { return (side[1].shared() & kKernelKnown) != 0; }
  void set_kernel_known(bool known) { set_shared(kKernelKnown, known ? kKernelKnown : 0); }

  Queue queue() const { return static_cast<Queue>(flags.queue); }
  Transport transport() const { return flags.udp ? Transport::Udp : Transport::Tcp; }
  /// True if the slot is in use, by a connection over `t`.
  bool is_used_over(Transport t) const {
    constexpr std::uint32_t kUdp = 8, kQueueAndUdp = 15;  // of SlotFlags as a word
    const std::uint32_t word = std::bit_cast<std::uint32_t>(flags) & kQueueAndUdp;
    return (word ^ (t == Transport::Udp ? kUdp : 0)) < std::uint32_t{kQueues};
  }
  unsigned orig() const { return flags.orig; }
  unsigned resp() const { return flags.orig ^ 1u; }

  static constexpr unsigned kMaxSynRetries = 63;

  /// Without a SYN and a SYN-ACK: what the first segment may be a probe of.
  Probe probe() const {
    return ack_rtt.known() ? static_cast<Probe>(ack_rtt.get().count()) : Probe::None;
  }
  /// REQUIRES: `probe` is not None.
  void set_probe(Probe probe) { ack_rtt.set(Duration{static_cast<int>(probe)}); }
  void forget_probe() { ack_rtt = PackedRtt{}; }

  /// With flags.unreachable: the type and code of the ICMP error.
  std::uint8_t icmp_type() const { return static_cast<std::uint8_t>(ack_rtt.get().count() >> 8); }
  std::uint8_t icmp_code() const { return static_cast<std::uint8_t>(ack_rtt.get().count()); }
  void set_icmp(std::uint8_t type, std::uint8_t code) { ack_rtt.set(Duration{type << 8 | code}); }
  void forget_icmp() { ack_rtt = PackedRtt{}; }
  /// With flags.unreachable: the originator repeated its SYN after the ICMP error.
  bool retried_after_error() const { return (ack_rtt.get().count() & kRetried) != 0; }
  void set_retried_after_error() { ack_rtt.set(Duration{ack_rtt.get().count() | kRetried}); }

  /// True from the first packet until an RST, both FINs, or an ICMP error that answers the last
  /// SYN. A lone SYN-ACK or RST shows no connection. Phases in view/open_connections.h agree with
  /// this.
  bool is_open() const {
    if (flags.ended || (flags.unreachable && !retried_after_error())) return false;
    return adopted() || !nothing_but_answers();
  }

  /// True if nothing was seen but answers to a SYN that was not captured, or that was never sent:
  /// SYN-ACKs and RSTs of one end, or a SYN-ACK that the other end has rejected. A SYN with FIN is
  /// in the history as an inconsistent packet only, but closes its end.
  bool nothing_but_answers() const {
    if (flags.syn) return false;
    const unsigned seen = side_flags[0].history | side_flags[1].history;
    const bool one_sided = state(0) == EndState::Inactive || state(1) == EndState::Inactive;
    const bool closed = state(0) == EndState::Closed || state(1) == EndState::Closed;
    return (one_sided || rejects_synack()) && !closed && seen != 0 &&
           (seen & ~unsigned{kHistSyn | kHistRst}) == 0;
  }

 private:
  /// True if the originator sent only an RST, and it is the one with which a host rejects a SYN-ACK
  /// that answers no SYN of its own: without ACK, and with the number that the SYN-ACK acknowledges
  /// (RFC 9293 §3.10.7.1). The responder may have sent its own RST before.
  bool rejects_synack() const {
    if (!flags.synack || flags.handshake || side_flags[orig()].history != kHistRst) return false;
    if (flags.closed_by == 1 + resp()) return side[resp()].last - side[resp()].start <= 1;
    return flags.closed_by != 0 && flags.bare_rst &&
           static_cast<RstBasis>(flags.rst_basis) != RstBasis::Confirmed;
  }

  void set_shared(unsigned bits, unsigned value) {
    side[1].set_shared((side[1].shared() & ~bits) | value);
  }
  static constexpr std::int64_t kRetried = 1 << 16;  ///< above type and code
  static constexpr unsigned kAdopted = 64;
  static constexpr unsigned kKernelKnown = 128;
};
static_assert(sizeof(Slot) == 112);

/// A range of sequence numbers that was seen beyond a hole.
struct SeenRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool empty() const { return begin == end; }
};

/// Numbers outside the window that one end has claimed. If the other end's next segments agree, the
/// capture has lost the packets between; see Lifecycle::resume().
struct GapClaim {
  SeenRange data;              ///< consecutive data beyond the window
  std::uint32_t acked = 0;     ///< the peer's acknowledgement beyond the window
  std::uint32_t data_ack = 0;  ///< the acknowledgement that `data` carried
  std::uint16_t segments = 0;  ///< of `data`
  bool has_ack = false;
  bool has_data_ack = false;  ///< `data_ack` was in the window
  bool fin = false;           ///< `data` ends with a FIN
  bool fin_acks = false;      ///< `acked` comes from a FIN in order, which ends at `data.end`
};

/// A SYN-ACK that acknowledges the SYN with another initial sequence number than the first one did.
struct OtherSynAck {
  PackedRtt rtt;  ///< since the SYN
  std::uint32_t isn = 0;
  std::uint16_t window = 0;
  std::uint8_t scale = 0;
  bool used = false;
};

/// An RST in the window whose number is not the next expected one. It ends the connection unless
/// the next packet of the other end disproves it (RFC 5961 §3).
struct RstCandidate {
  Timestamp time{};
  std::uint32_t seq = 0;
  std::uint8_t end = 0;
  std::uint8_t ttl = 0;
  bool ack = false;
  bool used = false;
};

/// A SYN with a new initial sequence number on a connection that has not ended. If a SYN-ACK
/// answers it, it begins a new connection.
struct SynCandidate {
  Timestamp time{};
  std::uint32_t isn = 0;
  std::uint32_t payload : 20 = 0;        ///< at most kMaxPayload
  std::uint32_t encapsulation : 12 = 0;  ///< id from EncapsulationIds
  std::uint32_t ip_bytes = 0;
  std::uint16_t packets = 0;  ///< 0 = no candidate
  std::uint8_t end = 0;
  std::uint8_t scale = 0;  ///< Segment::window_scale

  static constexpr std::uint32_t kMaxPayload = (1U << 20) - 1;
};

/// A time in units of 2^20 ns, 1.05 ms, which wrap after 52 days.
constexpr std::uint32_t milliseconds_of(Timestamp t) {
  return static_cast<std::uint32_t>(to_ns(t) >> 20);
}

/// State for loss, long histories, more than 4 GiB, and reuse.
struct Detail {
  static constexpr unsigned kRanges = 2;
  static constexpr unsigned kOtherSynAcks = 2;

  std::array<std::uint8_t, History::kMax> history{};
  std::uint8_t history_size = 0;
  struct EndDetail {
    std::uint32_t retransmissions = 0;
    std::uint32_t gaps = 0;
    std::uint32_t zero_windows = 0;
    /// With ack_ahead: one past the highest sequence number of data seen.
    std::uint32_t data_end = 0;
    std::uint32_t delivered = 0;  ///< with hole: all data below was seen or is counted as missed
    std::uint32_t last_rst = 0;
    std::uint32_t packets_high = 0;
    std::uint16_t ip_bytes_high = 0;
    std::uint16_t stuck_size = 0;  ///< payload of the segment at `stuck_seq`
    /// The segment that this end has repeated last. Three repetitions without an acknowledgement
    /// are evidence of a black hole.
    std::uint32_t stuck_seq = 0;
    std::uint8_t stuck_times = 0;  ///< how often in a row it was repeated; saturates
    /// The peer has sent a segment since that does not acknowledge it.
    bool stuck_peer_sends : 1 = false;
    /// With lone_ack: that number counts as missed data as soon as something follows.
    bool lone_skipped : 1 = false;
    bool crossed_synack : 1 = false;  ///< in a simultaneous open, the originator's SYN-ACK was seen
    std::uint16_t wraps : 15 = 0;     ///< how often `last` wrapped
    std::uint16_t lone_ack : 1 = 0;  ///< with ack_ahead: the acknowledgement passed a single number
    std::array<SeenRange, kRanges> seen{};  ///< in order; an empty range is unused
    GapClaim claim;
  };
  std::array<EndDetail, 2> side{};
  std::uint64_t missed = 0;
  /// The newest packet after the end that still counts for the duration.
  Timestamp late = Timestamp::min();
  SynCandidate candidate;
  RstCandidate rst;
  std::array<OtherSynAck, kOtherSynAcks> other_synacks{};
  /// The source of the ICMP error; with flags.unreachable.
  Address icmp_sender;
  /// The latest silence of at least kMinIdle; once an RST has ended the connection, the one before
  /// that RST, or before the segment that it answered.
  Duration idle = kNoDuration;
  /// TTL of the SYN-ACK, if the responder's RST that ended the connection had another one.
  std::uint8_t answer_ttl = 0;
  std::uint8_t idle_ender = 0;  ///< the end that sent the segment which ended the silence
  /// The low 16 bits of SlotSide::packets() of the other end at that time.
  std::uint16_t idle_peer_packets = 0;
  std::uint32_t idle_end = 0;       ///< that time, by milliseconds_of()
  std::uint32_t out_of_window = 0;  ///< segments outside the window
  std::uint32_t next_free = 0;
};

}  // namespace synfin
