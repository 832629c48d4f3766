#include "synfin/stats/loss_minutes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Timestamp minute(std::int64_t n) { return timestamp_from_ns(n * 60'000'000'000 + 5); }

TEST(LossMinutes, ConsecutiveMinutesAreOneSpan) {
  LossMinutes losses;
  EXPECT_TRUE(losses.sentences("events", "were dropped").empty());
  losses.add(minute(10), 0);
  EXPECT_TRUE(losses.sentences("events", "were dropped").empty()) << "nothing was lost";
  losses.add(minute(10), 1);
  losses.add(minute(11), 2);
  losses.add(minute(20), 4);
  EXPECT_THAT(losses.sentences("events", "were dropped"),
              ElementsAre(HasSubstr("from 1970-01-01T00:10:00.000000Z to "
                                    "1970-01-01T00:12:00.000000Z: 3 were dropped"),
                          HasSubstr("from 1970-01-01T00:20:00.000000Z to "
                                    "1970-01-01T00:21:00.000000Z: 4 were dropped")));
}

TEST(LossMinutes, TheNumberOfSpansIsBounded) {
  LossMinutes losses;
  for (int i = 0; i < 1000; ++i) losses.add(minute(10 * i), 1);
  const auto sentences = losses.sentences("events", "were dropped");
  ASSERT_EQ(sentences.size(), LossMinutes::kMaxSpans);
  EXPECT_THAT(sentences.back(), HasSubstr(": 937 were dropped"));
}

}  // namespace
}  // namespace synfin
