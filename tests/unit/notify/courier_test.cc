// The time between attempts. tests/check/notify.py has the deliveries themselves.
#include "notify/courier.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(RetryDelay, DoublesUpToAnHour) {
  EXPECT_EQ(retry_delay(0, 1, seconds{5}), seconds{5});
  EXPECT_EQ(retry_delay(3, 1, seconds{5}), seconds{40});
  EXPECT_EQ(retry_delay(20, 1, seconds{5}), hours{1});
  EXPECT_EQ(retry_delay(INT64_MAX, 1, seconds{5}), hours{1});
}

TEST(RetryDelay, IsRandomWithinItsUpperHalf) {
  EXPECT_EQ(retry_delay(1, 0, seconds{4}), seconds{4});
  EXPECT_EQ(retry_delay(1, 0.5, seconds{4}), seconds{6});
}

TEST(Courier, WithoutAStateFileNothingIsDue) {
  NotifySettings settings;
  settings.channels.emplace_back();
  Courier courier(settings, "/nonexistent/net.db",
                  [](Courier::Level, const std::string& sentence) { ADD_FAILURE() << sentence; });
  EXPECT_EQ(courier.work(-1, {}), 0U);
  EXPECT_TRUE(courier.idle());
}

}  // namespace
}  // namespace synfin
