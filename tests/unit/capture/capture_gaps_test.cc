// The times without an interface: their sentences and their bound.
#include "synfin/capture/capture_gaps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin {
namespace {

using testing::ElementsAre;

Timestamp at(std::int64_t seconds) { return timestamp_from_ns(seconds * 1'000'000'000); }

TEST(CaptureGaps, EachInterfaceHasItsOwn) {
  CaptureGaps gaps;
  EXPECT_TRUE(gaps.sentences().empty());
  gaps.begin("va", at(0));
  gaps.begin("vb", at(1));
  EXPECT_EQ(gaps.end("va", at(60)).substr(0, 17), "va is back after ");
  EXPECT_THAT(gaps.sentences(),
              ElementsAre("va captured nothing from 1970-01-01T00:00:00.000000Z to "
                          "1970-01-01T00:01:00.000000Z",
                          "vb captured nothing since 1970-01-01T00:00:01.000000Z"));
}

TEST(CaptureGaps, LaterOnesAreCounted) {
  CaptureGaps gaps;
  for (std::size_t i = 0; i < CaptureGaps::kMaxGaps + 7; ++i) {
    gaps.begin("va", at(10));
    EXPECT_EQ(gaps.end("va", at(11)).find("after") != std::string::npos, i < CaptureGaps::kMaxGaps);
  }
  const auto sentences = gaps.sentences();
  ASSERT_EQ(sentences.size(), CaptureGaps::kMaxGaps + 1);
  EXPECT_EQ(sentences.back(), "interfaces were down or gone 7 more times, which are not listed");
}

}  // namespace
}  // namespace synfin
