// See fast_path_comparison.h.
#include "support/fast_path_comparison.h"

#include <gtest/gtest.h>

#include <cstring>

namespace synfin::test {
namespace {

std::vector<EventKind> kinds_of(FastPath result) {
  switch (result) {
    case FastPath::No:
    case FastPath::Counted:
    case FastPath::Trailing:
      break;
    case FastPath::Opened:
      return {EventKind::Open};
    case FastPath::HalfClosed:
      return {EventKind::Fin};
    case FastPath::Closed:
      return {EventKind::Close};
    case FastPath::OpenedAndHalfClosed:
      return {EventKind::Open, EventKind::Fin};
    case FastPath::OpenedAndClosed:
      return {EventKind::Open, EventKind::Close};
  }
  return {};
}

}  // namespace

void FastPathComparison::feed(const Segment& s) {
  if (s.kind != SegmentKind::Tcp) return;
  if (scope_ == PacketScope::Control && (s.flags & kControlFlags) == 0) return;
  const ConnectionKey key = ConnectionKey::of(s.tuple);
  const unsigned sender = s.tuple.orig == key.low ? 0 : 1;
  const auto [at, fresh] = slots_.try_emplace(key);
  Slot& slot = at->second;
  ++segments;
  fresh ? begin(slot, key, s, sender) : step(slot, s, sender);
}

void FastPathComparison::clear() {
  for (auto& [key, slot] : slots_) details_.release(slot);
  slots_.clear();
}

void FastPathComparison::begin(Slot& slot, const ConnectionKey& key, const Segment& s,
                               unsigned sender) {
  slot.address = {key.low.address, key.high.address};
  slot.port = {key.low.port, key.high.port};
  Slot fast = slot;
  lifecycle_.begin(slot, s, sender);
  const LifecycleEvents events = lifecycle_.apply(slot, s, sender);
  if (!Lifecycle::is_plain_syn(s)) return;
  Lifecycle::begin_with_syn(fast, s, sender);
  compare(slot, events, fast, {EventKind::Syn});
}

void FastPathComparison::step(Slot& slot, const Segment& s, unsigned sender) {
  Slot fast = slot;
  FastPath result = FastPath::No;
  if ((s.flags & kSyn) == 0) {
    result = lifecycle_.apply_fast_path(fast, s, sender);
  } else if (lifecycle_.apply_first_synack(fast, s, sender)) {
    result = scope_ == PacketScope::Control ? FastPath::Opened : FastPath::Counted;
  }
  const bool touched = std::memcmp(&slot, &fast, sizeof slot) != 0;
  EXPECT_TRUE(result != FastPath::No || !touched) << "changed a slot without applying the segment";
  const LifecycleEvents events = lifecycle_.apply(slot, s, sender);
  if (result != FastPath::No) compare(slot, events, fast, kinds_of(result));
}

void FastPathComparison::compare(const Slot& slot, const LifecycleEvents& events, const Slot& fast,
                                 const std::vector<EventKind>& kinds) {
  ++fast_steps;
  ASSERT_EQ(std::memcmp(&slot, &fast, sizeof slot), 0)
      << "segment " << segments << ", edges " << slot.side_flags[0].edge << ' '
      << fast.side_flags[0].edge << ", " << slot.side_flags[1].edge << ' '
      << fast.side_flags[1].edge << ", numbers " << slot.side[0].last - fast.side[0].last << ' '
      << slot.side[1].last - fast.side[1].last;
  ASSERT_EQ(std::vector<EventKind>(events.begin(), events.end()), kinds) << "segment " << segments;
  ASSERT_FALSE(events.forged_rst);
}

}  // namespace synfin::test
