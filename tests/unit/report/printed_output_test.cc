// When a view is printed again, and how.
#include "synfin/report/printed_output.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

using std::chrono::seconds;

Timestamp at(int s) { return Timestamp{seconds{1'772'366'400 + s}}; }

TEST(PrintSchedule, IsDueAfterEachInterval) {
  PrintSchedule schedule(seconds{10});
  std::vector<int> due;
  for (int s = 0; s <= 35; ++s) {
    if (schedule.due(at(s))) due.push_back(s);
  }
  EXPECT_EQ(due, (std::vector{10, 20, 30}));
  EXPECT_FALSE(schedule.due_within(at(35), seconds{4}));
  EXPECT_TRUE(schedule.due_within(at(35), seconds{5}));
}

TEST(PrintSchedule, WithoutAnIntervalIsNeverDue) {
  PrintSchedule schedule(std::nullopt);
  EXPECT_FALSE(schedule.repeats());
  for (int s = 0; s < 100; ++s) EXPECT_FALSE(schedule.due(at(s)));
  EXPECT_FALSE(schedule.due_within(at(0), seconds{100}));
}

TEST(TextStyle, ColoursAndTheTerminalsWidthAreForTerminals) {
  AddressBook book{GeoIpOptions{.paths = {}, .kinds = {}}};
  const TextStyle style{.color = true, .width = 60};
  EXPECT_TRUE(style.render_options(book, true).color);
  EXPECT_FALSE(style.render_options(book, false).color);
  EXPECT_EQ(style.render_options(book, false).width, 60u);
  EXPECT_EQ(style.render_options(book, true).width, 60u);
  EXPECT_EQ(TextStyle{}.render_options(book, false).width, 0u);
}

}  // namespace
}  // namespace synfin
