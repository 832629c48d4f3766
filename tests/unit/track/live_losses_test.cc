// What a live run drops first, and its sentences about it.
#include "synfin/track/live_losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "track/fill_record.h"
#include "track/slot.h"

namespace synfin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Timestamp minute(std::int64_t n) { return timestamp_from_ns(n * 60'000'000'000 + 5); }

void fill(EventBuffer& buffer, std::initializer_list<std::pair<EventKind, int>> kinds) {
  for (const auto& [kind, count] : kinds) {
    for (int i = 0; i < count; ++i) buffer.append({kind}, Slot{}, nullptr, {}, {});
  }
}

std::size_t count(EventBuffer& buffer, EventKind kind) {
  const auto events = buffer.events();
  return static_cast<std::size_t>(
      std::count_if(events.begin(), events.end(), [&](const Event& e) { return e.kind == kind; }));
}

TEST(LiveLosses, ProgressGoesBeforeEndsAndRecordsStay) {
  LiveLosses losses;
  EventBuffer buffer(100);
  fill(buffer, {{EventKind::Record, 20},
                {EventKind::Refused, 20},
                {EventKind::Retry, 20},
                {EventKind::Open, 20},
                {EventKind::Syn, 20}});
  EXPECT_EQ(losses.make_room(buffer, minute(10)), 40u) << "a quarter of the buffer is wanted";
  EXPECT_EQ(count(buffer, EventKind::Retry), 0u);
  EXPECT_EQ(count(buffer, EventKind::Syn), 0u);
  EXPECT_EQ(count(buffer, EventKind::Open), 20u);
  fill(buffer, {{EventKind::Record, 40}});
  EXPECT_EQ(losses.make_room(buffer, minute(12)), 40u);
  EXPECT_EQ(count(buffer, EventKind::Record), 60u) << "nothing else is left";
  fill(buffer, {{EventKind::Record, 40}});
  EXPECT_EQ(losses.make_room(buffer, minute(12)), 0u);
  EXPECT_THAT(losses.sentences(),
              ElementsAre(HasSubstr("events are incomplete from 1970-01-01T00:10:00.000000Z to "
                                    "1970-01-01T00:11:00.000000Z: 40 were dropped"),
                          HasSubstr("00:12:00.000000Z to 1970-01-01T00:13:00.000000Z: 40 were"),
                          "dropped events by kind: 20 RETRY, 20 SYN, 20 OPEN, 20 REFUSED"));
}

TEST(LiveLosses, DroppedPacketsMakeRecordsIncomplete) {
  LiveLosses losses;
  losses.note_dropped_packets(minute(10), 0);
  EXPECT_TRUE(losses.sentences().empty());
  losses.note_dropped_packets(minute(10), 7);
  losses.note_dropped_packets(minute(11), 7);
  losses.note_dropped_packets(minute(20), 10);
  EXPECT_THAT(losses.sentences(),
              ElementsAre("records are incomplete from 1970-01-01T00:10:00.000000Z to "
                          "1970-01-01T00:11:00.000000Z: 7 packets were dropped by the kernel or an "
                          "interface",
                          HasSubstr("00:20:00.000000Z to 1970-01-01T00:21:00.000000Z: 3 packets")));
}

}  // namespace
}  // namespace synfin
