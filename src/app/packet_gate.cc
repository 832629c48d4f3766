// See packet_gate.h.
#include "synfin/app/packet_gate.h"

#include <algorithm>

namespace synfin {

void PacketGate::note_times(std::span<const Packet> packets) {
  for (const Packet& p : packets) {
    first_ = std::min(first_, p.time);
    last_ = std::max(last_, p.time);
  }
}

/// Cuts the batch where --duration ends, then keeps what --after and --before allow.
std::size_t PacketGate::in_time(std::span<Packet> packets) {
  if (!options_.duration && !options_.after && !options_.before) return packets.size();
  std::size_t kept = 0;
  for (const Packet& p : packets) {
    if (!begin_) begin_ = p.time;
    if (options_.duration && p.time - *begin_ > *options_.duration) {
      done_ = true;
      received_ -= packets.size() - static_cast<std::size_t>(&p - packets.data());
      break;
    }
    const bool early = options_.after && p.time < *options_.after;
    const bool late = options_.before && p.time >= *options_.before;
    if (!early && !late) packets[kept++] = p;
  }
  return kept;
}

std::size_t PacketGate::pass(std::span<Packet> packets) {
  const std::uint64_t received_before = received_;
  received_ += packets.size();
  note_times(packets);
  std::size_t kept = in_time(packets);
  if (filter_ != nullptr) kept = filter_->keep(packets.first(kept));
  filtered_ += received_ - received_before - kept;
  if (options_.max_packets != 0 && used_ + kept >= options_.max_packets) {
    const std::size_t over = used_ + kept - options_.max_packets;
    kept -= over;
    received_ -= over;
    done_ = true;
  }
  used_ += kept;
  return kept;
}

}  // namespace synfin
