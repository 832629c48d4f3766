// See fill_record.h.
#include "track/fill_record.h"

#include <algorithm>
#include <array>

#include "track/lifecycle.h"
#include "track/sequence_window.h"

namespace synfin {
namespace {

struct EndStates {
  EndState orig;
  EndState resp;
};

bool inactive(EndState s) { return s == EndState::Inactive || s == EndState::Partial; }

/// A scanner repeats an ACK or FIN-ACK probe at most twice.
constexpr std::uint32_t kMaxProbePackets = 3;

/// True if no connection begins with the flags of the probe.
bool has_odd_flags(Probe probe) { return probe != Probe::None && probe < Probe::Maimon; }

/// The probe that the first segment was, if nothing else followed: no SYN, no payload, and no
/// answer but an RST.
Probe probe_of(const Slot& slot) {
  if (slot.flags.syn || slot.flags.synack || slot.adopted() || slot.flags.unreachable)
    return Probe::None;
  const Probe probe = slot.probe();
  if (probe == Probe::None) return Probe::None;
  const EndState resp = slot.state(slot.resp());
  const bool answered = resp != EndState::Inactive && resp != EndState::Reset;
  if (answered || slot.side_flags[0].data || slot.side_flags[1].data) return Probe::None;
  if (!has_odd_flags(probe) && slot.side[slot.orig()].packets() > kMaxProbePackets)
    return Probe::None;
  return probe;
}

/// True if the last acknowledgement passed one number that was not seen, and nothing followed. That
/// number is far more often a FIN that the capture lost than a byte.
bool ends_with_lost_fin(const Slot& slot, const Detail& detail, unsigned end) {
  const SlotSideFlags& flags = slot.side_flags[end];
  const bool ended = slot.state(end) == EndState::Closed || slot.state(end) == EndState::Reset;
  return flags.ack_ahead && !ended && detail.side[end].lone_ack;
}

std::uint64_t missed_bytes_of(const Slot& slot, const Detail& detail) {
  std::uint64_t missed = detail.missed;
  for (unsigned end = 0; end < 2; ++end)
    missed += detail.side[end].lone_skipped && !ends_with_lost_fin(slot, detail, end);
  return missed;
}

/// The bytes that one end sent, without SYN and FIN.
std::uint64_t bytes_of(const Slot& slot, const Detail* detail, unsigned end) {
  const SlotSide& side = slot.side[end];
  const unsigned peer = end ^ 1u;
  if (slot.state(end) == EndState::Reset &&
      slot.side_flags[end].previous == static_cast<unsigned>(EndState::SynSent) &&
      slot.state(peer) == EndState::Inactive && slot.side_flags[end].acked) {
    return 0;  // a half-open connection was discovered and aborted: the numbers prove no bytes
  }
  const std::uint64_t wraps = detail != nullptr ? detail->side[end].wraps : 0;
  std::uint64_t size = span_of(side, wraps);
  if (size != 0) --size;
  if ((slot.side_flags[end].history & kHistFin) != 0 && size != 0) --size;
  if (detail != nullptr && size != 0 && ends_with_lost_fin(slot, *detail, end)) --size;
  return size;
}

/// Zeek: the state is RSTOS0 if the originator sent a SYN, then an RST, and no other letter
/// between.
bool only_syn_then_rst(const ConnectionRecord& r) {
  std::string_view history = r.history.view();
  if (!history.empty() && history[0] == '^') history.remove_prefix(1);
  if (history.empty() || history[0] != 'S') return false;
  const std::size_t rst = history.find('R');
  return rst != history.npos && history.substr(0, rst).find_first_of("HAFGIQ") == history.npos;
}

ConnState conn_state(EndStates s, const ConnectionRecord& r) {
  if (s.resp == EndState::Reset) {
    const bool rejected = s.orig == EndState::SynSent ||
                          (s.orig == EndState::Reset && r.orig.bytes == 0 && r.resp.bytes == 0);
    if (rejected) return ConnState::REJ;
    return inactive(s.orig) ? ConnState::RSTRH : ConnState::RSTR;
  }
  if (s.orig == EndState::Reset) {
    if (!inactive(s.resp)) return ConnState::RSTO;
    return only_syn_then_rst(r) ? ConnState::RSTOS0 : ConnState::OTH;
  }
  if (s.orig == EndState::Closed) {
    if (s.resp == EndState::Closed) return ConnState::SF;
    return inactive(s.resp) ? ConnState::SH : ConnState::S2;
  }
  if (s.resp == EndState::Closed) return inactive(s.orig) ? ConnState::SHR : ConnState::S3;
  if (s.orig == EndState::SynSent && s.resp == EndState::Inactive) return ConnState::S0;
  const bool established = s.orig == EndState::Established && s.resp == EndState::Established;
  return established ? ConnState::S1 : ConnState::OTH;
}

bool is_backscatter(const Slot& slot, const History& history) {
  return slot.nothing_but_answers() &&
         history.view().find_first_of("QqIi") == std::string_view::npos;
}

/// True if the input ended so soon after the SYN that the handshake may be in progress.
bool is_young(const Slot& slot, const RecordContext& context) {
  return context.end_of_input && saturating_sub(*context.end_of_input, slot.first) < kPendingAge;
}

Outcome unanswered(const Slot& slot, const RecordContext& context) {
  if (slot.flags.handshake) return Outcome::Open;  // the answer took another route
  if (slot.flags.unreachable) return Outcome::Unreachable;
  return is_young(slot, context) ? Outcome::Pending : Outcome::Unanswered;
}

/// True if the SYN-ACK, or the second SYN of a simultaneous open, was answered by nothing that
/// proves the handshake.
bool is_unacknowledged(const Slot& slot, const RecordContext& context) {
  if (slot.flags.handshake) return false;
  if (slot.flags.synack) return context.scope == PacketScope::All || slot.flags.synack_repeated;
  return (slot.side_flags[0].history & slot.side_flags[1].history & kHistSyn) != 0;
}

/// The outcome if both ends have sent their part of the handshake and neither has closed.
Outcome answered(const Slot& slot, const RecordContext& context) {
  if (!is_unacknowledged(slot, context)) return Outcome::Open;
  const bool in_progress = is_young(slot, context) && !slot.flags.synack_repeated;
  return in_progress ? Outcome::Pending : Outcome::HalfOpen;
}

/// True if an RST answered the SYN. A closed port acknowledges the SYN in its RST (RFC 9293
/// §3.10.7.1), so an RST without ACK answers a later segment if the originator sent one.
bool is_refused(const Slot& slot) {
  const bool first =
      slot.side_flags[slot.resp()].previous == static_cast<unsigned>(EndState::Inactive);
  return slot.flags.syn && slot.flags.closed_by == 1 + slot.resp() && first &&
         !(slot.flags.handshake && slot.flags.bare_rst);
}

Outcome reset(const Slot& slot, const RecordContext& context) {
  if (slot.adopted()) return Outcome::Reset;
  if (!slot.flags.syn && !slot.flags.synack) return Outcome::Midstream;
  const bool by_orig = slot.flags.closed_by == 1 + slot.orig();
  const SlotSideFlags& responder = slot.side_flags[slot.resp()];
  // A responder that gives up a handshake resets it.
  if (!by_orig && slot.flags.syn && is_unacknowledged(slot, context) && !responder.data)
    return Outcome::HalfOpen;
  if (!by_orig || slot.flags.handshake) return Outcome::Reset;
  if (context.scope == PacketScope::All || !slot.flags.synack) return Outcome::Aborted;
  if ((responder.history & kHistFin) != 0) return Outcome::Reset;  // it had the originator's ACK
  const SlotSide& side = slot.side[slot.orig()];
  return slot.flags.bare_rst && side.last - side.start <= 1 ? Outcome::Aborted : Outcome::Reset;
}

Outcome outcome(const Slot& slot, ConnState state, const ConnectionRecord& record,
                const RecordContext& context) {
  if (has_odd_flags(record.probe)) {
    return slot.state(slot.resp()) == EndState::Reset ? Outcome::Refused : Outcome::Unanswered;
  }
  if (is_backscatter(slot, record.history)) return Outcome::Backscatter;
  const bool handshake_seen = slot.flags.syn || slot.flags.synack || slot.adopted();
  switch (state) {
    case ConnState::S0:
      return unanswered(slot, context);
    case ConnState::REJ:  // in Zeek also if both ends have reset a connection without data
      return is_refused(slot) ? Outcome::Refused : reset(slot, context);
    case ConnState::RSTOS0:
      return Outcome::Aborted;
    case ConnState::RSTO:
    case ConnState::RSTR:
    case ConnState::RSTRH:
      return reset(slot, context);
    case ConnState::S1:
      return answered(slot, context);
    case ConnState::SF:
    case ConnState::S2:
    case ConnState::S3:
    case ConnState::SH:
    case ConnState::SHR:
      return handshake_seen ? Outcome::Closed : Outcome::Midstream;
    case ConnState::OTH:
      break;
  }
  if (slot.state(slot.orig()) == EndState::Reset && slot.flags.syn)
    return slot.flags.handshake ? Outcome::Reset : Outcome::Aborted;
  // Only one direction was seen. Later segments may have proved the handshake.
  return slot.flags.handshake ? Outcome::Open : Outcome::Midstream;
}

BytesBasis bytes_basis(const Slot& slot, const RecordContext& context, Duration duration) {
  const bool data_seen = slot.side_flags[0].data || slot.side_flags[1].data;
  BytesBasis basis = context.scope == PacketScope::All ? BytesBasis::Seen : BytesBasis::None;
  const bool alone = slot.state(0) == EndState::Inactive || slot.state(1) == EndState::Inactive;
  if (data_seen) return alone ? BytesBasis::OneSided : basis;
  // The RST acknowledges what its sender has received, and the other side may have sent more.
  const bool may_lack_bytes =
      context.scope == PacketScope::Control &&
      (slot.state(0) == EndState::Reset || slot.state(1) == EndState::Reset);
  for (unsigned end = 0; end < 2; ++end) {
    const SlotSideFlags& side = slot.side_flags[end];
    const bool counts = side.last_proven && slot.side[end].last - slot.side[end].start > 2;
    if (context.scope == PacketScope::All ? !counts : !side.last_proven) continue;
    if (!slot.flags.syn && !slot.flags.synack) continue;
    const bool by_rst = side.last_is_rst || may_lack_bytes;
    if (!by_rst) basis = BytesBasis::Fin;
    if (by_rst && basis != BytesBasis::Fin) basis = BytesBasis::Rst;
  }
  if (basis != BytesBasis::Fin && basis != BytesBasis::Rst) return basis;
  const bool more_fits = kTypicalBytesPerNs * static_cast<double>(duration.count()) > 4294967296.0;
  return more_fits ? BytesBasis::Modulo : basis;
}

/// Letters by PackedHistory symbol: 0–15 for the originator if it is end 0, 16–31 for end 1.
constexpr auto kLetters = [] {
  std::array<char, 32> letters{};
  for (std::size_t i = 0; i < PackedHistory::kLetters.size(); ++i) {
    const char letter = PackedHistory::kLetters[i];
    letters[i] = letter;
    letters[16 + i] = letter == '^' ? letter : static_cast<char>(letter | 0x20);
  }
  return letters;
}();

void fill_history(const Slot& slot, const Detail* detail, History& out) {
  const unsigned flip = slot.orig() << 4;
  if (detail != nullptr) {
    out.fill(detail->history_size,
             [&](std::size_t i) { return kLetters[(detail->history[i] ^ flip) & 31u]; });
  } else {
    out.fill(slot.history.size(), [&](std::size_t i) {
      return kLetters[slot.history.symbol(static_cast<unsigned>(i)) ^ flip];
    });
  }
}

/// True if the end has repeated data or a FIN. The first retransmission that it counts may be the
/// data of its SYN, to which Zeek gives the letter, too.
bool has_repeated(const Slot& slot, const Detail* detail, unsigned end, const History& history) {
  if (!slot.side_flags[end].retransmitted) return false;
  if (detail != nullptr && detail->side[end].retransmissions > 1) return true;
  return history.shows_retransmission(end == slot.orig() ? Side::Orig : Side::Resp);
}

void fill_totals(const Slot& slot, const Detail* detail, unsigned end, DirectionTotals& out) {
  const SlotSide& side = slot.side[end];
  out.bytes = bytes_of(slot, detail, end);
  out.packets = side.packets();
  out.ip_bytes = side.ip_bytes;
  if (detail == nullptr) return;
  out.packets += std::uint64_t{detail->side[end].packets_high} << 20;
  out.ip_bytes += std::uint64_t{detail->side[end].ip_bytes_high} << 32;
}

Side side_of(const Slot& slot, unsigned one_plus_end) {
  if (one_plus_end == 0) return Side::None;
  return one_plus_end - 1 == slot.orig() ? Side::Orig : Side::Resp;
}

/// The evidence about the cause that a Detail holds.
void fill_rare_facts(const Slot& slot, const Detail& detail, ConnectionRecord& out) {
  if (out.answer_ttl != 0 && detail.answer_ttl != 0) out.answer_ttl = detail.answer_ttl;
  if (slot.flags.closed_by != 0 && slot.flags.rst_basis != 0) out.idle = detail.idle;
  if (out.outcome == Outcome::Unreachable) out.cause.icmp_sender = detail.icmp_sender;
  for (unsigned end = 0; end < 2; ++end) {
    const Detail::EndDetail& side = detail.side[end];
    if (side.stuck_times < kMinStuckTimes) continue;
    out.cause.stuck_bytes = side.stuck_size;
    out.cause.stuck_times = side.stuck_times;
    out.cause.stuck_by_orig = end == slot.orig();
    out.cause.peer_sends = side.stuck_peer_sends;
  }
}

/// What an RST that ended the connection shows.
void fill_rst(const Slot& slot, ConnectionRecord& out) {
  const SlotSide& resp = slot.side[slot.resp()];
  const bool by_resp = slot.flags.closed_by == 1 + slot.resp();
  if (!by_resp) out.answer_ttl = 0;  // the TTL of the RST has replaced it
  out.cause.rst_without_data =
      by_resp && slot.side_flags[slot.resp()].last_is_rst && resp.last - resp.start == 1;
  out.end_ttl = slot.end_ttl();
}

void fill_cause(const Slot& slot, const Detail* detail, ConnectionRecord& out) {
  out.end_ttl = out.icmp_type = out.icmp_code = 0;
  out.answer_ttl = slot.flags.synack && !slot.flags.unreachable ? slot.end_ttl() : std::uint8_t{0};
  out.idle = kNoDuration;
  out.cause = CauseFacts{};
  if (slot.flags.closed_by != 0 && slot.flags.rst_basis != 0) fill_rst(slot, out);
  if (detail != nullptr) fill_rare_facts(slot, *detail, out);
  if (out.outcome != Outcome::Unreachable) return;
  out.icmp_type = slot.icmp_type();
  out.icmp_code = slot.icmp_code();
  out.end_ttl = slot.end_ttl();
}

}  // namespace

void fill_record(const Slot& slot, const Detail* detail, const Encapsulation& encapsulation,
                 const RecordContext& context, ConnectionRecord& out) {
  const unsigned o = slot.orig();
  const unsigned r = slot.resp();
  // One by one, because copying a tuple that was just written stalls the processor.
  out.tuple.orig.address = slot.address[o];
  out.tuple.resp.address = slot.address[r];
  out.tuple.orig.port = slot.port[o];
  out.tuple.resp.port = slot.port[r];
  out.tuple.transport = slot.transport();
  out.first = slot.first;
  out.last = detail != nullptr ? std::max(slot.last, detail->late) : slot.last;
  out.last = std::max(out.last, out.first);
  out.synack_rtt = slot.synack_rtt.get();
  out.probe = probe_of(slot);
  const bool no_rtt = slot.flags.unreachable || (!slot.flags.syn && !slot.flags.synack);
  out.ack_rtt = no_rtt ? kNoDuration : slot.ack_rtt.get();
  fill_totals(slot, detail, o, out.orig);
  fill_totals(slot, detail, r, out.resp);
  out.out_of_window = detail != nullptr ? detail->out_of_window : 0;
  out.missed_bytes = detail != nullptr ? missed_bytes_of(slot, *detail) : 0;
  fill_history(slot, detail, out.history);
  out.encapsulation = encapsulation;
  out.syn_retries = static_cast<std::uint16_t>(slot.syn_retries());
  out.state = conn_state({slot.state(o), slot.state(r)}, out);
  if (out.probe != Probe::None) out.orig.bytes = out.resp.bytes = 0;
  out.outcome = outcome(slot, out.state, out, context);
  out.bytes_basis = bytes_basis(slot, context, out.last - out.first);
  out.direction_basis = slot.adopted() ? DirectionBasis::Socket
                                       : static_cast<DirectionBasis>(slot.flags.direction_basis);
  out.rst_basis = static_cast<RstBasis>(slot.flags.rst_basis);
  out.closed_by = side_of(slot, slot.flags.closed_by);
  out.retransmitted =
      has_repeated(slot, detail, 0, out.history) || has_repeated(slot, detail, 1, out.history);
  out.evicted = context.evicted;
  out.reused = context.reused;
  fill_cause(slot, detail, out);
}

}  // namespace synfin
