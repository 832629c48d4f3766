// Patterns of -G that no file can have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "synfin/base/rotating_output.h"

namespace synfin {
namespace {

TEST(TimePattern, PatternsThatCannotNameFilesHaveAFault) {
  using testing::HasSubstr;
  for (const char* good : {"log", "log-%Y%m%d", "/x/%Y/log", "log%%", "log-%-d", "log-%Ey", "%s"})
    EXPECT_EQ(fault_of_time_pattern(good), "") << good;
  for (const char* open : {"log%", "log%%%", "log%-", "log%E", "%10"})
    EXPECT_THAT(fault_of_time_pattern(open), HasSubstr("middle of a conversion")) << open;
  EXPECT_THAT(fault_of_time_pattern("log-%D"), HasSubstr("yields a slash"));
  EXPECT_THAT(fault_of_time_pattern("log-%n"), HasSubstr("control characters"));
}

}  // namespace
}  // namespace synfin
