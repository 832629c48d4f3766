/// \file
/// Slot: one connection as the table keeps it, in 112 bytes; Detail: what only the unusual ones
/// need.
///
/// The two ends of a connection are numbered 0 and 1 by their canonical order (ConnectionKey);
/// which of them is the originator is one bit, so a later proof of direction flips that bit and
/// nothing else. Tested through ConnectionTable and in tests/unit/track/slot_test.cc.
#pragma once

#include <array>
#include <cstdint>

#include "synfin/base/address.h"
#include "synfin/base/time.h"
#include "synfin/track/connection.h"

namespace synfin {

/// What one end has done, as Zeek models an endpoint.
enum class EndState : std::uint8_t {
  Inactive,     ///< nothing seen
  SynSent,      ///< sent a SYN
  Partial,      ///< sent something, no handshake seen
  Established,  ///< handshake seen (for the originator: answered)
  Closed,       ///< sent FIN
  Reset,        ///< sent an RST that counts
};

/// What has been recorded in the history already, so that each letter comes once.
enum HistoryBit : std::uint8_t {
  kHistSyn = 1,
  kHistFin = 2,
  kHistRst = 4,
  kHistData = 8,
  kHistAck = 16,
  kHistMulti = 32,
  kHistInconsistent = 64,
};

/// The queue a slot waits in. Order matters to eviction: the cheapest details first.
enum class Queue : std::uint8_t {
  Remembered,      ///< its record is out; kept so that stragglers make no new one
  HalfOpen,        ///< no handshake yet
  Unacknowledged,  ///< control packets only: the SYN-ACK repeats
  Open,            ///< established or midstream
  HalfClosed,      ///< one FIN
  KernelKnown,     ///< not ended, and the host's socket table has it: never falls due
  Lingering,       ///< ended, its record not yet out
  None,            ///< the slot is free
};
inline constexpr int kQueues = 7;

/// History letters by their place in PackedHistory::kLetters.
enum class Letter : std::uint8_t { S, H, A, D, F, R, C, G, I, Q, T, W, Flip };

/// Up to twelve history letters in eight bytes: 5 bits each (4 for the letter, 1 for the end), the
/// count on top.
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
  /// The same without a branch, for what nobody can foresee. REQUIRES: !wanted or !full().
  void append_if(bool wanted, Letter letter, unsigned end) {
    const std::uint64_t symbol = static_cast<unsigned>(letter) | end << 4;
    const std::uint64_t only = std::uint64_t{0} - wanted;
    bits_ |= (symbol & only & 31u) << (5 * size() & 63u);
    bits_ += std::uint64_t{wanted} << 60;
  }
  /// In the place of letters, the number of the Detail that holds them.
  static PackedHistory elsewhere(std::uint32_t detail) {
    PackedHistory history;
    history.bits_ = detail;
    return history;
  }
  std::uint32_t detail() const { return static_cast<std::uint32_t>(bits_); }
  /// The symbol at `i`: letter | end << 4.
  unsigned symbol(unsigned i) const { return static_cast<unsigned>(bits_ >> (5 * i)) & 31u; }

 private:
  std::uint64_t bits_ = 0;
};

/// A round-trip time in four bytes: exact to the nanosecond below 2.1 s, in microseconds above.
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

/// What one end has sent.
struct SlotSide {
  std::uint32_t start =
      0;  ///< initial sequence number (where no SYN was seen: the first one minus 1)
  std::uint32_t last = 0;          ///< one past the highest sequence number sent or acknowledged
  std::uint32_t ip_bytes = 0;      ///< low 32 bits; the rest in Detail
  std::uint32_t packets : 24 = 0;  ///< low 24 bits; the rest in Detail
  std::uint32_t ttl : 8 = 0;       ///< of its newest packet while the details went on
};

/// The six lowest are asked together, by steady() in lifecycle_fast_path.cc.
struct SlotSideFlags {
  std::uint32_t state : 3 = 0;   ///< EndState
  std::uint32_t closed : 1 = 0;  ///< FIN or RST sent and nothing sent before it is missing
  std::uint32_t ack_ahead : 1 =
      0;                       ///< `last` is an acknowledgement's; the data before it was not seen
  std::uint32_t hole : 1 = 0;  ///< data is missing below `last`; Detail knows where
  std::uint32_t previous : 3 = 0;     ///< EndState before
  std::uint32_t history : 7 = 0;      ///< HistoryBit set
  std::uint32_t data : 1 = 0;         ///< payload seen
  std::uint32_t acked : 1 = 0;        ///< the peer acknowledged more than the SYN
  std::uint32_t last_is_rst : 1 = 0;  ///< an RST's sequence number moved or equals `last`
  std::uint32_t last_proven : 1 =
      0;  ///< `last` comes from a FIN, an RST or the acknowledgement in one
  std::uint32_t retransmitted : 1 = 0;  ///< letter T given
  std::uint32_t zero_window : 1 = 0;    ///< letter W given
  std::uint32_t syn_retries : 6 = 0;    ///< SYNs again with the same number; saturates
  std::uint32_t adopted : 1 = 0;  ///< known from elsewhere: with no packets, its numbers are not
  std::uint32_t kernel_known : 1 = 0;  ///< of end 0: the host's socket table has the connection
  std::uint32_t unused : 2 = 0;        ///< named, so that all 32 bits have a value
};

struct SlotFlags {
  std::uint32_t orig : 1 = 0;             ///< which end is the originator
  std::uint32_t queue : 3 = 0;            ///< Queue
  std::uint32_t direction_basis : 2 = 0;  ///< DirectionBasis
  std::uint32_t rst_basis : 2 = 0;        ///< RstBasis
  std::uint32_t closed_by : 2 = 0;        ///< 0 nobody, else 1 + end
  std::uint32_t has_detail : 1 = 0;
  std::uint32_t syn : 1 = 0;     ///< the originator's SYN was seen
  std::uint32_t synack : 1 = 0;  ///< a SYN-ACK was seen
  std::uint32_t synack_repeated : 1 = 0;
  std::uint32_t handshake : 1 = 0;  ///< the SYN-ACK was acknowledged
  std::uint32_t opened : 1 = 0;     ///< Open or Midstream was told
  std::uint32_t ended : 1 = 0;
  std::uint32_t unreachable : 1 =
      0;                           ///< an ICMP error quoted the SYN; the code is where ack_rtt was
  std::uint32_t bare_rst : 1 = 0;  ///< the RST that ended it had no ACK flag
  std::uint32_t timed_out : 1 = 0;
  std::uint32_t encapsulation : 12 = 0;  ///< id given by EncapsulationIds
};

struct Slot {
  std::array<Address, 2> address;
  std::array<std::uint16_t, 2> port{};
  SlotFlags flags;
  Timestamp first{};
  Timestamp last{};
  std::array<SlotSide, 2> side;
  PackedHistory history;  ///< with has_detail: elsewhere(), with the rest
  PackedRtt synack_rtt;
  PackedRtt ack_rtt;
  std::array<SlotSideFlags, 2> side_flags;

  EndState state(unsigned end) const { return static_cast<EndState>(side_flags[end].state); }
  void set_state(unsigned end, EndState s) {
    if (state(end) == s) return;
    side_flags[end].previous = side_flags[end].state;
    side_flags[end].state = static_cast<std::uint32_t>(s) & 7u;
  }
  Queue queue() const { return static_cast<Queue>(flags.queue); }
  unsigned orig() const { return flags.orig; }
  unsigned resp() const { return flags.orig ^ 1u; }
};
static_assert(sizeof(Slot) == 112);

/// A run of sequence space that was seen beyond a hole.
struct SeenRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool empty() const { return begin == end; }
};

/// A SYN with a new initial sequence number on a connection that has not ended: a new connection if
/// it is answered.
struct Candidate {
  Timestamp time{};
  std::uint32_t isn = 0;
  std::uint32_t payload = 0;
  std::uint32_t ip_bytes = 0;
  std::uint16_t packets = 0;  ///< 0 = no candidate
  std::uint8_t end = 0;
};

/// What only unusual connections need: loss, long histories, more than 4 GiB, reuse.
struct Detail {
  static constexpr unsigned kRanges = 2;

  std::array<std::uint8_t, History::kMax> history{};
  std::uint8_t history_size = 0;
  struct Side {
    std::uint32_t retransmissions = 0;
    std::uint32_t gaps = 0;
    std::uint32_t zero_windows = 0;
    std::uint32_t data_end =
        0;  ///< with ack_ahead: one past the highest sequence number of data seen
    std::uint32_t delivered = 0;  ///< with hole: everything below has been seen or given up
    std::uint32_t last_rst = 0;
    std::uint32_t packets_high = 0;
    std::uint16_t ip_bytes_high = 0;
    std::uint16_t wraps = 0;                ///< of `last`
    std::array<SeenRange, kRanges> seen{};  ///< ordered; an empty one is unused
  };
  std::array<Side, 2> side{};
  std::uint64_t missed = 0;
  Timestamp late =
      Timestamp::min();  ///< of packets behind the end that still count for the duration
  Candidate candidate;
  std::uint32_t next_free = 0;
};

}  // namespace synfin
