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

void Lifecycle::append_once(SegmentStep& step, HistoryBit bit, Letter letter) {
  if ((step.own_flags().history & bit) != 0) return;
  step.own_flags().history |= bit & 31u;
  append_history(step.slot, letter, step.sender);
}

void Lifecycle::write_history(SegmentStep& step) {
  const int control = step.syn + step.fin + step.rst;
  if (control > 1) {
    const Letter letter = step.fin && step.rst ? Letter::I : Letter::Q;
    if (!has_letter(step.slot, letter, step.sender)) append_history(step.slot, letter, step.sender);
  } else if (step.syn) {
    const Letter letter = step.ack ? Letter::H : Letter::S;
    if ((step.own_flags().history & kHistSyn) != 0 && step.s.seq != step.own_side().start) {
      append_history(step.slot, letter, step.sender);
    }
    append_once(step, kHistSyn, letter);
  } else if (step.fin) {
    // A FIN with another sequence number is a different FIN.
    if ((step.own_flags().history & kHistFin) != 0 && step.end_seq != step.old_last) {
      append_history(step.slot, Letter::F, step.sender);
    }
    append_once(step, kHistFin, Letter::F);
  } else if (step.rst) {
    if ((step.own_flags().history & kHistRst) != 0) note_repeated_rst(step);
    append_once(step, kHistRst, Letter::R);
  } else if (step.s.payload > 0) {
    append_once(step, kHistData, Letter::D);
  } else if (step.ack) {
    append_once(step, kHistAck, Letter::A);
  }
}

void Lifecycle::note_repeated_rst(SegmentStep& step) {
  const Detail* known = details_.of(step.slot);
  const std::uint32_t before = step.own_flags().last_is_rst || known == nullptr
                                   ? step.own_side().last
                                   : known->side[step.sender].last_rst;
  if (step.s.seq == before) return;
  append_history(step.slot, Letter::R, step.sender);
  if (Detail* d = details_.ensure(step.slot)) {
    d->side[step.sender].last_rst = step.s.seq;
    step.own_flags().last_is_rst = 0;
  }
}

/// True for 1, 10, 100 and so on.
bool Lifecycle::is_milestone(std::uint32_t count) {
  std::uint32_t threshold = 1;
  while (threshold < count && threshold < 1'000'000'000) threshold *= 10;
  return count == threshold;
}

/// Counts an occurrence, and appends its letter at the 1st, 10th, 100th … one.
void Lifecycle::count_scaled(SegmentStep& step, unsigned end, Letter letter, std::uint32_t& count) {
  if (is_milestone(++count)) append_history(step.slot, letter, end);
}

void Lifecycle::note_zero_window(SegmentStep& step) {
  if (step.s.window != 0 || step.rst || step.peer_state == EndState::Closed ||
      step.state_before == EndState::Reset) {
    return;
  }
  if (!step.own_flags().zero_window) {
    step.own_flags().zero_window = 1;
    append_history(step.slot, Letter::W, step.sender);
  } else if (Detail* d = details_.ensure(step.slot)) {
    d->side[step.sender].zero_windows = std::max(d->side[step.sender].zero_windows, 1u);
    count_scaled(step, step.sender, Letter::W, d->side[step.sender].zero_windows);
  }
}

void Lifecycle::note_retransmission(SegmentStep& step) {
  if (!step.own_flags().retransmitted) {
    step.own_flags().retransmitted = 1;
    append_history(step.slot, Letter::T, step.sender);
  } else if (Detail* d = details_.ensure(step.slot)) {
    d->side[step.sender].retransmissions = std::max(d->side[step.sender].retransmissions, 1u);
    count_scaled(step, step.sender, Letter::T, d->side[step.sender].retransmissions);
    if (scope_ == PacketScope::All && step.s.payload >= kMinStuckBytes && !step.syn)
      note_stuck_segment(step);
  }
}

/// Notes the repeated segment, and keeps the acknowledgement that passes it from the fast path,
/// which does not check for it. REQUIRES: `step.slot` has a Detail.
void Lifecycle::note_stuck_segment(SegmentStep& step) {
  Detail::EndDetail& side = details_.of(step.slot)->side[step.sender];
  if (side.stuck_times == 0 || side.stuck_seq != step.s.seq) {
    side.stuck_seq = step.s.seq;
    side.stuck_times = 0;
    side.stuck_peer_sends = false;
  }
  side.stuck_size = static_cast<std::uint16_t>(std::min<std::uint32_t>(step.s.payload, 0xFFFF));
  if (side.stuck_times < 0xFF) ++side.stuck_times;
  if (step.own_flags().ack_ahead) return;
  step.own_flags().ack_ahead = 1;
  side.data_end = step.own_side().last;
}

}  // namespace synfin
