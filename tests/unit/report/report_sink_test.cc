// The report as a sink: it counts records however they are delivered, and writes at the end.
#include "synfin/report/report_sink.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/event_samples.h"

namespace synfin::test {
namespace {

class ReportSinkTest : public testing::Test {
 protected:
  ~ReportSinkTest() override { std::filesystem::remove(path_); }

  std::unique_ptr<ReportSink> open(ReportSinkOptions options) {
    options.path = path_;
    options.format = ReportFormat::Json;
    auto sink = ReportSink::open(options, ports_, book_, [] { return CaptureInfo{}; });
    EXPECT_TRUE(sink) << sink.error().message;
    return std::move(*sink);
  }
  std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("synfin-report-" + std::to_string(getpid())))
          .string();
  PortNames ports_;
  AddressBook book_{GeoIpOptions{.paths = {}, .kinds = {}}};
  const std::vector<Event> events_{event_of(EventKind::Syn), event_of(EventKind::Record, 1),
                                   event_of(EventKind::Record, 2)};
};

TEST_F(ReportSinkTest, CountsOnItsOwnStageUnlessTheSummaryIsReadBeforeTheEnd) {
  EXPECT_EQ(open({})->delivery(), EventDelivery::Counting);
  EXPECT_EQ(open({.shared = true})->delivery(), EventDelivery::Plain);
  EXPECT_EQ(open({.prints = true, .every = std::chrono::seconds{1}})->delivery(),
            EventDelivery::Plain);
}

TEST_F(ReportSinkTest, WantsOtherEventsOnlyToAdvanceTheClock) {
  EXPECT_FALSE(open({})->wanted().has(EventKind::Syn));
  EXPECT_TRUE(
      open({.prints = true, .every = std::chrono::seconds{1}})->wanted().has(EventKind::Syn));
  EXPECT_FALSE(open({.prints = true, .every = std::chrono::seconds{1}, .live = true})
                   ->wanted()
                   .has(EventKind::Syn));
}

TEST_F(ReportSinkTest, WritesTheSameReportForBothDeliveries) {
  auto plain = open({});
  plain->on_plain_events(events_);
  ASSERT_TRUE(plain->finish({}));
  const std::string first = text();
  EXPECT_NE(first.find("\"total\": 2"), std::string::npos) << first;
  auto annotated_sink = open({});
  const Annotations about;
  annotated_sink->on_events(annotated(events_, about));
  ASSERT_TRUE(annotated_sink->finish({}));
  EXPECT_EQ(text(), first);
}

TEST_F(ReportSinkTest, WritesTheReportSoFarOnRequest) {
  auto sink = open({.shared = true});
  sink->on_plain_events(events_);
  EXPECT_EQ(sink->write_now({}), "report written to " + path_);
  EXPECT_NE(text().find("\"total\": 2"), std::string::npos);
  ASSERT_TRUE(sink->finish({}));
}

TEST_F(ReportSinkTest, AddsTheTablesOfOtherSinks) {
  auto sink = open({});
  sink->add_tables([](const RenderOptions&) {
    Table table;
    table.key = "extra";
    table.columns = {{.key = "word", .title = "word"}};
    table.rows = {{text_cell("hello")}};
    return std::vector<Table>{table};
  });
  ASSERT_TRUE(sink->finish({}));
  EXPECT_NE(text().find("\"extra\""), std::string::npos);
}

}  // namespace
}  // namespace synfin::test
