// The two logs as sinks: which events become lines, reopening, and a disk that is full.
#include "synfin/log/log_sinks.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "support/event_samples.h"

namespace synfin::test {
namespace {

class LogSinks : public testing::Test {
 protected:
  ~LogSinks() override {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + ".1");
  }
  static std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::ptrdiff_t lines() const {
    const std::string text = text_of(path_);
    return std::count(text.begin(), text.end(), '\n');
  }
  void deliver(EventSink& sink) const {
    const std::vector<Event> events{event_of(EventKind::Syn), event_of(EventKind::Fin),
                                    event_of(EventKind::Record)};
    Annotations about;
    about.port_name = "https";
    sink.on_events(annotated(events, about));
  }

  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("synfin-log-" + std::to_string(getpid())))
          .string();
};

TEST_F(LogSinks, TheConnectionLogHasALineForEachRecord) {
  auto sink = ConnectionLogSink::open({.path = path_, .format = LogFormat::Json});
  ASSERT_TRUE(sink) << sink.error().message;
  deliver(**sink);
  EXPECT_EQ(lines(), 0) << "buffered";
  (*sink)->on_tick({});
  EXPECT_EQ(lines(), 1);
  deliver(**sink);
  ASSERT_TRUE((*sink)->finish({}));
  EXPECT_EQ(lines(), 2);
  EXPECT_NE(text_of(path_).find("\"https\""), std::string::npos);
}

TEST_F(LogSinks, TheEventLogHasALineForEachEvent) {
  auto sink = EventLogSink::open(path_);
  ASSERT_TRUE(sink) << sink.error().message;
  EXPECT_FALSE((*sink)->annotated().has(EventKind::Syn)) << "it prints no annotations";
  deliver(**sink);
  ASSERT_TRUE((*sink)->finish({}));
  EXPECT_EQ(lines(), 3);
}

TEST_F(LogSinks, OtherLinesOfTheEventLogHaveTheirPlaces) {
  auto sink = EventLogSink::open(path_);
  ASSERT_TRUE(sink) << sink.error().message;
  (*sink)->add_line("a\n", 0);
  (*sink)->add_line("b\n", 2);
  (*sink)->add_line("c\n", 2);
  (*sink)->add_line("d\n", 3);
  deliver(**sink);
  (*sink)->add_line("e\n", 3);
  ASSERT_TRUE((*sink)->finish({}));
  std::string order;
  std::istringstream text(text_of(path_));
  for (std::string line; std::getline(text, line);) order += line.size() == 1 ? line[0] : '.';
  EXPECT_EQ(order, "a..bc.de");
}

TEST_F(LogSinks, AMovedFileIsOpenedAgain) {
  auto sink = ConnectionLogSink::open({.path = path_, .format = LogFormat::Json});
  ASSERT_TRUE(sink) << sink.error().message;
  deliver(**sink);
  std::filesystem::rename(path_, path_ + ".1");
  (*sink)->reopen();
  deliver(**sink);
  ASSERT_TRUE((*sink)->finish({}));
  EXPECT_EQ(lines(), 1);
  EXPECT_NE(text_of(path_ + ".1").find("https"), std::string::npos);
}

TEST_F(LogSinks, AFullDiskIsReportedOnceAndAtTheEnd) {
  auto sink = ConnectionLogSink::open({.path = "/dev/full", .format = LogFormat::Json});
  ASSERT_TRUE(sink) << sink.error().message;
  deliver(**sink);
  (*sink)->on_tick({});
  EXPECT_NE((*sink)->take_failure().value_or(Error{}).message.find("/dev/full"), std::string::npos);
  EXPECT_FALSE((*sink)->take_failure());
  const Status finished = (*sink)->finish({});
  ASSERT_FALSE(finished);
  EXPECT_NE(finished.error().message.find("bytes lost"), std::string::npos);
}

}  // namespace
}  // namespace synfin::test
