/// \file
/// SlotQueues: queues of slots by what they wait for, and the list of free slots.
///
/// Invariants: every slot is free or in exactly one queue; a queue is in order of arrival. The
/// links, 8 bytes per slot, are stored apart from the slots, so that moving a slot does not touch
/// the cache lines of its neighbours' connections. Tested in tests/unit/track/slot_queues_test.cc.
#pragma once

#include <array>
#include <cstdint>

#include "synfin/base/prefetch.h"
#include "synfin/stats/lazy_array.h"
#include "track/slot.h"

namespace synfin {

class SlotQueues {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  explicit SlotQueues(std::uint32_t capacity) : links_(capacity), capacity_(capacity) {
    ends_.fill({kNone, kNone, 0});
  }

  /// A free slot, or kNone. Slots that were never used are returned in order, so that a table that
  /// is never full leaves the rest of its memory untouched.
  std::uint32_t take_free() {
    if (free_ != kNone) {
      const std::uint32_t slot = free_;
      free_ = links_[slot].next;
      return slot;
    }
    return untouched_ < capacity_ ? untouched_++ : kNone;
  }
  /// True if take_free() would return kNone.
  bool full() const { return free_ == kNone && untouched_ == capacity_; }
  /// REQUIRES: `slot` is in no queue.
  void give_back(std::uint32_t slot) {
    links_[slot].next = free_;
    free_ = slot;
  }

  void push(Queue queue, std::uint32_t slot) {
    QueueEnds& ends = ends_[index(queue)];
    ++ends.size;
    links_[slot] = {ends.tail, kNone};
    (ends.tail == kNone ? ends.head : links_[ends.tail].next) = slot;
    ends.tail = slot;
  }
  /// REQUIRES: `slot` is in `queue`.
  void remove(Queue queue, std::uint32_t slot) {
    QueueEnds& ends = ends_[index(queue)];
    --ends.size;
    const QueueLink link = links_[slot];
    (link.prev == kNone ? ends.head : links_[link.prev].next) = link.next;
    (link.next == kNone ? ends.tail : links_[link.next].prev) = link.prev;
  }

  std::uint32_t size(Queue queue) const { return ends_[index(queue)].size; }
  /// The slot that entered the queue first, or kNone.
  std::uint32_t oldest(Queue queue) const { return ends_[index(queue)].head; }
  /// The slot that entered the queue last, or kNone.
  std::uint32_t newest(Queue queue) const { return ends_[index(queue)].tail; }
  /// The slot that entered the same queue just before `slot`, or kNone.
  std::uint32_t before(std::uint32_t slot) const { return links_[slot].prev; }
  /// The slot that entered the same queue just after `slot`, or kNone.
  std::uint32_t after(std::uint32_t slot) const { return links_[slot].next; }

  /// Prefetches the links of `slot`.
  void prefetch(std::uint32_t slot) const { prefetch_line(&links_[slot]); }

  std::size_t memory() const { return capacity_ * sizeof(QueueLink); }

 private:
  struct QueueLink {
    std::uint32_t prev;
    std::uint32_t next;
  };
  struct QueueEnds {
    std::uint32_t head;
    std::uint32_t tail;
    std::uint32_t size;
  };
  static std::size_t index(Queue queue) { return static_cast<std::size_t>(queue); }

  LazyArray<QueueLink> links_;
  std::array<QueueEnds, kQueues> ends_;
  std::uint32_t capacity_;
  std::uint32_t untouched_ = 0;
  std::uint32_t free_ = kNone;
};

}  // namespace synfin
