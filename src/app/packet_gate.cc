// See packet_gate.h.
#include "app/packet_gate.h"

#include <algorithm>

namespace synfin {

/// Kept beside the members until the end, so that the loop takes no branch and no store.
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
  if (options_.after && p.time < *options_.after) return false;
  if (options_.before && p.time >= *options_.before) return false;
  return filter_ == nullptr || filter_->matches(p);
}

bool PacketGate::behind_end(const Packet& p) {
  if (!begin_) begin_ = p.time;
  return options_.duration && p.time - *begin_ > *options_.duration;
}

/// So that the run ends right behind its last packet, however the source made its batches.
std::size_t PacketGate::pass_one_by_one(std::span<Packet> packets) {
  std::size_t kept = 0;
  for (const Packet& p : packets) {
    done_ = done_ || behind_end(p);
    if (done_) break;
    ++received_;
    note_times({&p, 1});
    if (!wanted(p)) {
      ++filtered_;
      continue;
    }
    packets[kept++] = p;
    done_ = ++used_ == options_.max_packets;
  }
  return kept;
}

std::size_t PacketGate::pass(std::span<Packet> packets) {
  const bool bounded = options_.duration || options_.after || options_.before;
  if (bounded || options_.max_packets != 0) return pass_one_by_one(packets);
  received_ += packets.size();
  note_times(packets);
  if (filter_ == nullptr) return packets.size();
  const std::size_t kept = filter_->keep(packets);
  filtered_ += packets.size() - kept;
  return kept;
}

}  // namespace synfin
