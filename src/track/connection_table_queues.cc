// The queue that a slot belongs to, and its moves between queues. See connection_table_impl.h.
#include "track/connection_table_impl.h"

namespace synfin {

/// True if nothing shows that the connection exists on both ends: one end was not seen and the
/// other sent no payload or hardly a packet, or, with control packets only, the SYN-ACK was
/// repeated. Floods of ACK, FIN-ACK, SYN-ACK, data, or a SYN with an ACK behind it, consist of
/// these.
bool ConnectionTable::Impl::is_unproven(const Slot& slot) const {
  if (slot.adopted()) return false;
  const bool alone = slot.state(0) == EndState::Inactive || slot.state(1) == EndState::Inactive;
  constexpr std::uint32_t kFewPackets = 2;
  const bool data = slot.side_flags[0].data || slot.side_flags[1].data;
  if (alone) return !data || slot.side[0].packets() + slot.side[1].packets() <= kFewPackets;
  if (slot.flags.handshake) return false;
  return options.scope == PacketScope::Control && slot.flags.synack_repeated;
}

Queue ConnectionTable::Impl::queue_for(const Slot& slot) const {
  // A stored RST waits for a segment that disproves it, as long as the record of an ended
  // connection waits.
  if (slot.flags.ended || lifecycle.has_stored_rst(slot)) return Queue::Lingering;
  if (slot.kernel_known()) return Queue::KernelKnown;
  const bool half_closed = slot.state(0) == EndState::Closed || slot.state(1) == EndState::Closed;
  if (half_closed && !is_unproven(slot)) return Queue::HalfClosed;
  if (slot.flags.opened && is_unproven(slot)) return Queue::Unproven;
  return slot.flags.opened ? Queue::Open : Queue::HalfOpen;
}

void ConnectionTable::Impl::enter_queue(Queue queue, std::uint32_t id) {
  Slot& slot = slots[id];
  slot.flags.queue = static_cast<unsigned>(queue) & 7u;
  // Only the head of a queue can be due, so a slot behind others does not change `next_due`.
  if (queues.oldest(queue) == SlotQueues::kNone) next_due = std::min(next_due, head_due(slot));
  queues.push(queue, id);
}

void ConnectionTable::Impl::move_to(Queue queue, std::uint32_t id) {
  queues.remove(slots[id].queue(), id);
  enter_queue(queue, id);
}

void ConnectionTable::Impl::requeue(std::uint32_t id, Timestamp last_before) {
  const Slot& slot = slots[id];
  const Queue from = slot.queue();
  const Queue to = queue_for(slot);
  // Open slots move to the tail once in an epoch instead of with every packet. Their order by epoch
  // is exact enough.
  const bool by_epoch = to == Queue::Open || to == Queue::KernelKnown || to == Queue::Unproven;
  const bool moves = to != from || (by_epoch && epoch(last_before) != epoch(slot.last)) ||
                     (to == Queue::HalfClosed && last_before != slot.last);
  if (moves) move_to(to, id);
}

}  // namespace synfin
