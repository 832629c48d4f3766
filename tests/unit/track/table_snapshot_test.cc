// TableSnapshot: one answer for one request.
#include "synfin/track/table_snapshot.h"

#include <gtest/gtest.h>

#include <chrono>

namespace synfin {
namespace {

const Timestamp kNow = timestamp_from_ns(1'772'366'400'000'000'000);

TEST(TableSnapshot, AnswersEachRequestOnce) {
  ConnectionTable table({.max_connections = 64});
  const KnownConnection known{
      {{Address::from_v4(0xC0000201), 40000}, {Address::from_v4(0xC6336401), 80}}, kNow};
  EventBuffer events(16);
  table.adopt({&known, 1}, events);
  TableSnapshot snapshot;
  snapshot.answer(table, kNow);
  EXPECT_FALSE(snapshot.take());
  snapshot.request();
  EXPECT_FALSE(snapshot.take());
  snapshot.answer(table, kNow);
  const auto rows = snapshot.take();
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at, kNow);
  EXPECT_EQ(rows->open, 1u);
  ASSERT_EQ(rows->records.size(), 1u);
  EXPECT_EQ(rows->records[0].tuple, known.tuple);
  EXPECT_FALSE(snapshot.take());
  snapshot.answer(table, kNow);
  EXPECT_FALSE(snapshot.take());
}

}  // namespace
}  // namespace synfin
