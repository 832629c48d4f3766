// EventBuffer: an event holds the state at its time, whatever happens to the connection later.
#include "synfin/track/event_buffer.h"

#include <gtest/gtest.h>

#include "track/slot.h"
#include "unit/track/record_of.h"

namespace synfin {
namespace {

Slot slot_from(std::uint16_t port) {
  Slot slot;
  slot.port = {port, 443};
  slot.flags.syn = 1;
  slot.history.append(Letter::S, 0);
  slot.set_state(0, EndState::SynSent);
  return slot;
}

TEST(EventBuffer, KeepsTheConnectionAsItWasThen) {
  EventBuffer buffer(3);
  Slot slot = slot_from(1000);
  RecordContext context;
  context.evicted = true;
  const Timestamp when = timestamp_from_ns(7);
  buffer.append({EventKind::Syn, Side::Orig, when}, slot, nullptr, {.vlan = 12}, context);
  slot.port[0] = 1001;
  slot.history.append(Letter::H, 1);
  buffer.append({EventKind::Record, Side::None, when}, slot, nullptr, {}, {});
  EXPECT_EQ(buffer.room(), 1u);

  const auto events = buffer.events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, EventKind::Syn);
  EXPECT_EQ(events[0].side, Side::Orig);
  EXPECT_EQ(events[0].time, when);
  EXPECT_EQ(events[0].connection.tuple.orig.port, 1000);
  EXPECT_EQ(events[0].connection.history.view(), "S");
  EXPECT_EQ(events[0].connection.encapsulation.vlan, 12);
  EXPECT_TRUE(events[0].connection.evicted);
  EXPECT_EQ(events[1].kind, EventKind::Record);
  EXPECT_EQ(events[1].connection.tuple.orig.port, 1001);
  EXPECT_EQ(events[1].connection.history.view(), record_of(slot).history.view());
  EXPECT_FALSE(events[1].connection.evicted);
}

TEST(EventBuffer, ADetailMayChangeAfterwards) {
  EventBuffer buffer(2);
  Slot slot = slot_from(1000);
  slot.flags.has_detail = 1;
  slot.history = PackedHistory::elsewhere(0);
  Detail detail;
  detail.missed = 77;
  detail.history_size = 1;
  buffer.append({}, slot, &detail, {}, {});
  detail.missed = 78;
  buffer.append({}, slot, &detail, {}, {});
  detail = {};
  EXPECT_EQ(buffer.events()[0].connection.missed_bytes, 77u);
  EXPECT_EQ(buffer.events()[1].connection.missed_bytes, 78u);
  EXPECT_EQ(buffer.events()[1].connection.history.view(), "S");
}

TEST(EventBuffer, MayBeReadWhileItIsFilledAndUsedAgain) {
  EventBuffer buffer(2);
  buffer.append({EventKind::Syn}, slot_from(1), nullptr, {}, {});
  ASSERT_EQ(buffer.events().size(), 1u);
  buffer.events()[0].connection.outcome = Outcome::Refused;
  buffer.append({EventKind::Close}, slot_from(2), nullptr, {}, {});
  ASSERT_EQ(buffer.events().size(), 2u);
  EXPECT_EQ(buffer.events()[0].connection.outcome, Outcome::Refused) << "what a reader wrote stays";
  EXPECT_EQ(buffer.events()[1].connection.tuple.orig.port, 2);
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  buffer.append({EventKind::Fin}, slot_from(3), nullptr, {}, {});
  ASSERT_EQ(buffer.events().size(), 1u);
  EXPECT_EQ(buffer.events()[0].kind, EventKind::Fin);
  EXPECT_EQ(buffer.events()[0].connection.tuple.orig.port, 3);
}

constexpr EventKind kProgress[] = {EventKind::Syn, EventKind::Close};

TEST(EventBuffer, KeepsRecordsThatWereReadOrHaveADetail) {
  EventBuffer buffer(5);
  Detail detail;
  detail.missed = 77;
  detail.history_size = 1;
  Slot unusual = slot_from(3);
  unusual.flags.has_detail = 1;
  unusual.history = PackedHistory::elsewhere(0);
  buffer.append({EventKind::Syn}, slot_from(1), nullptr, {}, {});
  buffer.append({EventKind::Record}, slot_from(2), nullptr, {}, {});
  buffer.events()[1].connection.outcome = Outcome::Refused;
  buffer.append({EventKind::Close}, slot_from(1), nullptr, {}, {});
  buffer.append({EventKind::Record}, unusual, &detail, {}, {});
  buffer.append({EventKind::Record}, slot_from(4), nullptr, {}, {});
  EventBuffer::KindCounts dropped{};
  EXPECT_EQ(buffer.drop(kProgress, 5, dropped), 2u);
  const auto events = buffer.events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].connection.tuple.orig.port, 2);
  EXPECT_EQ(events[0].connection.outcome, Outcome::Refused);
  EXPECT_EQ(events[1].connection.missed_bytes, 77u);
  EXPECT_EQ(events[2].connection.tuple.orig.port, 4);
}

TEST(EventBuffer, KeepsRecordsInOrderAndCountsTheRest) {
  EventBuffer buffer(5);
  for (std::uint16_t port = 1; port <= 4; ++port) {
    const EventKind kind = port % 2 == 0 ? EventKind::Record : EventKind::Syn;
    buffer.append({kind}, slot_from(port), nullptr, {}, {});
  }
  EventBuffer::KindCounts dropped{};
  EXPECT_EQ(buffer.drop(kProgress, 5, dropped), 2u);
  buffer.append({EventKind::Close}, slot_from(9), nullptr, {}, {});
  const auto events = buffer.events();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].connection.tuple.orig.port, 2);
  EXPECT_EQ(events[1].connection.tuple.orig.port, 4);
  EXPECT_EQ(events[2].connection.tuple.orig.port, 9);
  EXPECT_EQ(dropped[static_cast<std::size_t>(EventKind::Syn)], 2u);
}

TEST(EventBuffer, DropsKindAfterKindUntilThereIsRoom) {
  EventBuffer buffer(6);
  for (const EventKind kind : {EventKind::Close, EventKind::Syn, EventKind::Record, EventKind::Syn,
                               EventKind::Retry, EventKind::Open}) {
    buffer.append({kind}, slot_from(1), nullptr, {}, {});
  }
  EventBuffer::KindCounts dropped{};
  constexpr EventKind kOrder[] = {EventKind::Retry, EventKind::Syn, EventKind::Close};
  const auto kinds = [&] {
    std::vector<EventKind> all;
    for (const Event& e : buffer.events()) all.push_back(e.kind);
    return all;
  };
  EXPECT_EQ(buffer.drop(kOrder, 0, dropped), 0u);
  EXPECT_EQ(buffer.drop(kOrder, 1, dropped), 1u);
  EXPECT_EQ(kinds(), (std::vector{EventKind::Close, EventKind::Syn, EventKind::Record,
                                  EventKind::Syn, EventKind::Open}));
  EXPECT_EQ(buffer.drop(kOrder, 2, dropped), 2u);
  EXPECT_EQ(kinds(), (std::vector{EventKind::Close, EventKind::Record, EventKind::Open}));
  EXPECT_EQ(buffer.drop(kOrder, 6, dropped), 1u) << "other kinds stay";
  EXPECT_EQ(kinds(), (std::vector{EventKind::Record, EventKind::Open}));
  EXPECT_EQ(dropped[static_cast<std::size_t>(EventKind::Retry)], 1u);
  EXPECT_EQ(dropped[static_cast<std::size_t>(EventKind::Syn)], 2u);
  EXPECT_EQ(dropped[static_cast<std::size_t>(EventKind::Close)], 1u);
}

}  // namespace
}  // namespace synfin
