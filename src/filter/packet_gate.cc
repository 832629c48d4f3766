// See packet_gate.h.
#include "synfin/filter/packet_gate.h"

#include <algorithm>

namespace synfin {

/// The loop works on local variables, so that it needs neither a branch nor a store.
void PacketGate::note_times(std::span<const Packet> packets) {
  Timestamp first = first_;
  Timestamp last = last_;
  for (const Packet& p : packets) {
    first = std::min(first, p.time);
    last = std::max(last, p.time);
  }
  first_ = first;
  last_ = last;
}

bool PacketGate::wanted(const Packet& p) {
  if (limits_.after && p.time < *limits_.after) return false;
  if (limits_.before && p.time >= *limits_.before) return false;
  return filter_ == nullptr || filter_->matches(p);
}

bool PacketGate::exceeds_duration(const Packet& p) {
  if (!begin_) begin_ = p.time;
  return limits_.duration && p.time - *begin_ > *limits_.duration;
}

/// Ends the run directly after its last packet, whatever the size of the batches.
std::size_t PacketGate::pass_one_by_one(std::span<Packet> packets) {
  std::size_t kept = 0;
  for (const Packet& p : packets) {
    done_ = done_ || exceeds_duration(p);
    if (done_) break;
    ++received_;
    if (!wanted(p)) {
      ++filtered_;
      continue;
    }
    note_times({&p, 1});
    packets[kept++] = p;
    done_ = ++used_ == limits_.max_packets;
  }
  return kept;
}

std::size_t PacketGate::pass(std::span<Packet> packets) {
  if (limits_.any()) return pass_one_by_one(packets);
  received_ += packets.size();
  const std::size_t kept = filter_ == nullptr ? packets.size() : filter_->keep(packets);
  note_times(packets.first(kept));
  filtered_ += packets.size() - kept;
  return kept;
}

}  // namespace synfin
