// The history letters of Lifecycle, as Zeek defines them. See lifecycle.h.
#include <algorithm>
#include <span>

#include "synfin/base/sequence.h"
#include "track/lifecycle.h"
#include "track/segment_step.h"

namespace synfin {

void Lifecycle::append_history(Slot& slot, Letter letter, unsigned end) {
  if (!slot.flags.has_detail && !slot.history.full()) {
    slot.history.append(letter, end);
    return;
  }
  Detail* detail = details_.ensure(slot);
  if (detail == nullptr || detail->history_size == detail->history.size()) return;
  detail->history[detail->history_size++] =
      static_cast<std::uint8_t>(static_cast<unsigned>(letter) | end << 4);
}

bool Lifecycle::has_letter(const Slot& slot, Letter letter, unsigned end) const {
  const unsigned symbol = static_cast<unsigned>(letter) | end << 4;
  if (const Detail* d = details_.of(slot)) {
    const auto used = std::span(d->history).first(d->history_size);
    return std::find(used.begin(), used.end(), symbol) != used.end();
  }
  for (unsigned i = 0; i < slot.history.size(); ++i) {
    if (slot.history.symbol(i) == symbol) return true;
  }
  return false;
}

void Lifecycle::append_once(SegmentStep& t, HistoryBit bit, Letter letter) {
  if ((t.own().history & bit) != 0) return;
  t.own().history |= bit & 31u;
  append_history(t.slot, letter, t.e);
}

void Lifecycle::write_history(SegmentStep& t) {
  const int control = t.syn + t.fin + t.rst;
  if (control > 1) {
    const Letter letter = t.fin && t.rst ? Letter::I : Letter::Q;
    if (!has_letter(t.slot, letter, t.e)) append_history(t.slot, letter, t.e);
  } else if (t.syn) {
    const Letter letter = t.ack ? Letter::H : Letter::S;
    if ((t.own().history & kHistSyn) != 0 && t.s.seq != t.own_side().start) {
      append_history(t.slot, letter, t.e);
    }
    append_once(t, kHistSyn, letter);
  } else if (t.fin) {
    // A FIN with another sequence number is a different FIN.
    if ((t.own().history & kHistFin) != 0 && t.end_seq != t.old_last) {
      append_history(t.slot, Letter::F, t.e);
    }
    append_once(t, kHistFin, Letter::F);
  } else if (t.rst) {
    if ((t.own().history & kHistRst) != 0) note_repeated_rst(t);
    append_once(t, kHistRst, Letter::R);
  } else if (t.s.payload > 0) {
    append_once(t, kHistData, Letter::D);
  } else if (t.ack) {
    append_once(t, kHistAck, Letter::A);
  }
}

void Lifecycle::note_repeated_rst(SegmentStep& t) {
  const Detail* known = details_.of(t.slot);
  const std::uint32_t before =
      t.own().last_is_rst || known == nullptr ? t.own_side().last : known->side[t.e].last_rst;
  if (t.s.seq == before) return;
  append_history(t.slot, Letter::R, t.e);
  if (Detail* d = details_.ensure(t.slot)) {
    d->side[t.e].last_rst = t.s.seq;
    t.own().last_is_rst = 0;
  }
}

/// True for 1, 10, 100 and so on.
bool Lifecycle::is_milestone(std::uint32_t count) {
  std::uint32_t threshold = 1;
  while (threshold < count && threshold < 1'000'000'000) threshold *= 10;
  return count == threshold;
}

/// Counts an occurrence, and appends its letter at the 1st, 10th, 100th … one.
void Lifecycle::count_scaled(SegmentStep& t, unsigned end, Letter letter, std::uint32_t& count) {
  if (is_milestone(++count)) append_history(t.slot, letter, end);
}

void Lifecycle::note_zero_window(SegmentStep& t) {
  if (t.s.window != 0 || t.rst || t.peer_state == EndState::Closed ||
      t.state_before == EndState::Reset) {
    return;
  }
  if (!t.own().zero_window) {
    t.own().zero_window = 1;
    append_history(t.slot, Letter::W, t.e);
  } else if (Detail* d = details_.ensure(t.slot)) {
    d->side[t.e].zero_windows = std::max(d->side[t.e].zero_windows, 1u);
    count_scaled(t, t.e, Letter::W, d->side[t.e].zero_windows);
  }
}

void Lifecycle::note_retransmission(SegmentStep& t) {
  if (!t.own().retransmitted) {
    t.own().retransmitted = 1;
    append_history(t.slot, Letter::T, t.e);
  } else if (Detail* d = details_.ensure(t.slot)) {
    d->side[t.e].retransmissions = std::max(d->side[t.e].retransmissions, 1u);
    count_scaled(t, t.e, Letter::T, d->side[t.e].retransmissions);
    if (scope_ == PacketScope::All && t.s.payload >= kMinStuckBytes && !t.syn)
      note_stuck_segment(t);
  }
}

/// Notes the repeated segment, and keeps the acknowledgement that passes it from the fast path,
/// which does not check for it. REQUIRES: `t.slot` has a Detail.
void Lifecycle::note_stuck_segment(SegmentStep& t) {
  Detail::EndDetail& side = details_.of(t.slot)->side[t.e];
  if (side.stuck_times == 0 || side.stuck_seq != t.s.seq) {
    side.stuck_seq = t.s.seq;
    side.stuck_times = 0;
    side.stuck_peer_sends = false;
  }
  side.stuck_size = static_cast<std::uint16_t>(std::min<std::uint32_t>(t.s.payload, 0xFFFF));
  if (side.stuck_times < 0xFF) ++side.stuck_times;
  if (t.own().ack_ahead) return;
  t.own().ack_ahead = 1;
  side.data_end = t.own_side().last;
}

}  // namespace synfin
