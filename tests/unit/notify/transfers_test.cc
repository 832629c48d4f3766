// What the status of an HTTP answer means. tests/check/notify.py has the transfers themselves.
#include "notify/transfers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin {
namespace {

using std::chrono::seconds;

TEST(Answer, SuccessIsAnyStatusOf2xx) {
  for (const long status : {200L, 201L, 202L, 204L})
    EXPECT_TRUE(judge_http(status, {}, "").delivered);
  for (const long status : {0L, 301L, 302L, 404L, 429L, 500L})
    EXPECT_FALSE(judge_http(status, {}, "").delivered);
}

TEST(Answer, OnlyTheMessageItselfIsRefusedForGood) {
  EXPECT_TRUE(judge_http(400, {}, "").permanent);
  EXPECT_TRUE(judge_http(413, {}, "").permanent);
  for (const long status : {401L, 403L, 404L, 408L, 429L, 500L, 503L})
    EXPECT_FALSE(judge_http(status, {}, "").permanent) << status;
}

TEST(Answer, ServersDemandATime) {
  EXPECT_EQ(judge_http(429, seconds{7}, "").retry_after, seconds{7});
  EXPECT_EQ(judge_http(429, {}, R"({"ok":false,"parameters":{"retry_after":35}})").retry_after,
            seconds{35});
  EXPECT_EQ(judge_http(429, {}, R"("retry_after":999999999)").retry_after, seconds{86'400});
  EXPECT_EQ(judge_http(429, {}, R"("retry_after":x)").retry_after, seconds{0});
}

TEST(Answer, RedirectsAreExplained) {
  EXPECT_THAT(judge_http(302, {}, "").sentence, testing::HasSubstr("does not follow"));
}

}  // namespace
}  // namespace synfin
