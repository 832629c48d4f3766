// When a view is printed again, and how.
#include "synfin/report/printed_output.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

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

TEST(PrintSchedule, AWallClockThatIsSetBackDelaysNothing) {
  PrintSchedule schedule(seconds{10});
  std::vector<int> due;
  for (int s = 0; s <= 45; ++s) {
    const int hour_back = s >= 15 ? 3600 : 0;
    if (schedule.due_by_wall_clock(at(s - hour_back))) due.push_back(s);
  }
  // The second in which the clock was set is not known.
  EXPECT_EQ(due, (std::vector{10, 21, 31, 41}));
}

TEST(PrintSchedule, WithoutAnIntervalIsNeverDue) {
  PrintSchedule schedule(std::nullopt);
  EXPECT_FALSE(schedule.repeats());
  for (int s = 0; s < 100; ++s) EXPECT_FALSE(schedule.due(at(s)));
  EXPECT_FALSE(schedule.due_within(at(0), seconds{100}));
}

/// A pipe in place of standard output, of which nobody reads.
class StuckOutput {
 public:
  StuckOutput() : stdout_(dup(STDOUT_FILENO)) {
    EXPECT_EQ(pipe(ends_), 0);
    dup2(ends_[1], STDOUT_FILENO);
  }
  ~StuckOutput() {
    dup2(stdout_, STDOUT_FILENO);
    close(stdout_);
    close(ends_[0]);
    close(ends_[1]);
  }
  std::size_t read_some() {
    char bytes[1 << 16];
    return static_cast<std::size_t>(std::max<ssize_t>(read(ends_[0], bytes, sizeof bytes), 0));
  }

 private:
  int stdout_;
  int ends_[2] = {-1, -1};
};

TEST(PrintedOutput, LiveNeverWaitsForAReader) {
  StuckOutput stuck;
  auto output = PrintedOutput::open({}, true);
  ASSERT_TRUE(output.ok());
  const std::string line(999, 'x');
  std::size_t printed = 0;
  for (int i = 0; i < 10'000 && output->ready(); ++i) {  // 10 MB; a pipe holds 64 KiB
    output->buffer() += line + '\n';
    output->commit();
    printed += 1000;
  }
  EXPECT_FALSE(output->ready());
  EXPECT_GE(printed, 64'000u);
  EXPECT_LE(printed, 600'000u);
  std::size_t taken = 0;
  while (!output->ready()) taken += stuck.read_some();
  while (taken < printed) {
    output->flush();
    taken += stuck.read_some();
  }
  EXPECT_EQ(taken, printed) << "what was printed is not lost";
  EXPECT_TRUE(output->close().ok());
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
