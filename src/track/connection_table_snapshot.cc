// Snapshots of the open connections. See connection_table_impl.h.
// Tested in tests/unit/track/snapshot_test.cc.
#include "track/connection_table_impl.h"

namespace synfin {
namespace {

constexpr Queue kOpenQueues[] = {Queue::Open, Queue::KernelKnown, Queue::HalfClosed,
                                 Queue::Unproven, Queue::HalfOpen};

}  // namespace

std::size_t ConnectionTable::snapshot(std::span<ConnectionRecord> out) const {
  return impl_->snapshot(out);
}

std::size_t ConnectionTable::Impl::snapshot(std::span<ConnectionRecord> out) const {
  std::size_t filled = 0;
  for (const Queue queue : kOpenQueues) {
    for (std::uint32_t id = queues.newest(queue); id != SlotQueues::kNone && filled < out.size();
         id = queues.before(id)) {
      const Slot& slot = slots[id];
      if (!slot.is_open()) continue;
      fill_record(slot, details.of(slot), encapsulations.at(slot.flags.encapsulation),
                  record_context, out[filled++]);
    }
  }
  return filled;
}

}  // namespace synfin
