/// \file
/// SlotQueues: the queues in which slots wait for their time or for eviction, and the list of free
/// slots.
///
/// Invariants: every slot is in exactly one queue or free; a queue is in order of arrival. The
/// links stand apart from the slots, 8 bytes each, so that moving one touches no other connection's
/// cache lines. Tested in tests/unit/track/slot_queues_test.cc.
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

  /// A free slot, or kNone. Slots are handed out for the first time in order, so that a table which
  /// is never full never touches the memory behind.
  std::uint32_t take_free() {
    if (free_ != kNone) {
      const std::uint32_t slot = free_;
      free_ = links_[slot].next;
      return slot;
    }
    return untouched_ < capacity_ ? untouched_++ : kNone;
  }
  /// True when take_free() has none.
  bool full() const { return free_ == kNone && untouched_ == capacity_; }
  /// REQUIRES: `slot` is in no queue.
  void give_back(std::uint32_t slot) {
    links_[slot].next = free_;
    free_ = slot;
  }

  void push(Queue queue, std::uint32_t slot) {
    Ends& ends = ends_[index(queue)];
    ++ends.size;
    links_[slot] = {ends.tail, kNone};
    (ends.tail == kNone ? ends.head : links_[ends.tail].next) = slot;
    ends.tail = slot;
  }
  /// REQUIRES: `slot` is in `queue`.
  void remove(Queue queue, std::uint32_t slot) {
    Ends& ends = ends_[index(queue)];
    --ends.size;
    const Link link = links_[slot];
    (link.prev == kNone ? ends.head : links_[link.prev].next) = link.next;
    (link.next == kNone ? ends.tail : links_[link.next].prev) = link.prev;
  }

  std::uint32_t size(Queue queue) const { return ends_[index(queue)].size; }
  /// The slot that has waited longest, or kNone.
  std::uint32_t oldest(Queue queue) const { return ends_[index(queue)].head; }
  /// The slot that came last, or kNone.
  std::uint32_t newest(Queue queue) const { return ends_[index(queue)].tail; }
  /// The one that came before `slot` into the same queue, or kNone.
  std::uint32_t before(std::uint32_t slot) const { return links_[slot].prev; }
  /// The one that came after `slot` into the same queue, or kNone.
  std::uint32_t after(std::uint32_t slot) const { return links_[slot].next; }

  /// Asks for what moving `slot` to another queue touches first.
  void prefetch(std::uint32_t slot) const { prefetch_line(&links_[slot]); }

  std::size_t memory() const { return capacity_ * sizeof(Link); }

 private:
  struct Link {
    std::uint32_t prev;
    std::uint32_t next;
  };
  struct Ends {
    std::uint32_t head;
    std::uint32_t tail;
    std::uint32_t size;
  };
  static std::size_t index(Queue queue) { return static_cast<std::size_t>(queue); }

  LazyArray<Link> links_;
  std::array<Ends, kQueues> ends_;
  std::uint32_t capacity_;
  std::uint32_t untouched_ = 0;
  std::uint32_t free_ = kNone;
};

}  // namespace synfin
