// The report as a sink: it counts records however they are delivered, and writes at the end.
#include "synfin/report/report_sink.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/event_samples.h"
#include "support/file_size_limit.h"
#include "synfin/base/wall_clock.h"

namespace synfin::test {
namespace {

class ReportSinkTest : public testing::Test {
 protected:
  ~ReportSinkTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<ReportSink> open(ReportSinkOptions options) {
    options.path = path_;
    if (options.format == ReportFormat::Text) options.format = ReportFormat::Json;
    auto sink = ReportSink::open(options, ports_, book_, [] {
      CaptureInfo capture;
      capture.so_far = true;
      return capture;
    });
    EXPECT_TRUE(sink) << sink.error().message;
    return std::move(*sink);
  }
  std::string text() const { return text_of(path_); }
  static std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static std::string make_folder() {
    std::string pattern = testing::TempDir() + "synfin-report-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    return pattern;
  }

  const std::string folder_ = make_folder();
  const std::string path_ = folder_ + "/report.out";
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

TEST_F(ReportSinkTest, TwoThreadsMakeTheReportOfOne) {
  std::vector<Event> events;
  for (std::uint16_t port = 1; port <= 400; ++port) {
    events.push_back(event_of(EventKind::Record, port));
    if (port % 2 == 0) events.back().connection.outcome = Outcome::Refused;
  }
  std::string reports[2];
  for (const bool two : {false, true}) {
    auto sink = open({.two_threads = two});
    sink->on_plain_events(events);
    ASSERT_TRUE(sink->finish({}));
    reports[two] = text();
  }
  EXPECT_NE(reports[0].find("\"total\": 400"), std::string::npos) << reports[0];
  EXPECT_EQ(reports[1], reports[0]);
}

TEST_F(ReportSinkTest, WritesTheReportSoFarOnRequest) {
  auto sink = open({.shared = true});
  sink->on_plain_events(events_);
  EXPECT_EQ(sink->write_now({}), "report written to " + path_);
  EXPECT_NE(text().find("\"total\": 2"), std::string::npos);
  ASSERT_TRUE(sink->finish({}));
}

TEST_F(ReportSinkTest, ReplacesALiveReportAtEachInterval) {
  using std::chrono::seconds;
  auto sink = open({.format = ReportFormat::Html, .rewrite = seconds{10}, .live = true});
  EXPECT_EQ(sink->delivery(), EventDelivery::Plain) << "counting sinks get no ticks";
  const Timestamp start = timestamp_from_ns(1'772'366'400'000'000'000);
  sink->on_plain_events(events_);
  sink->on_tick(start);
  sink->on_tick(start + seconds{9});
  EXPECT_EQ(text(), "") << "not before the interval has passed";
  sink->on_tick(start + seconds{10});
  EXPECT_NE(text().find("\"refresh_seconds\": 10"), std::string::npos);
  EXPECT_NE(text().find("\"total\": 2"), std::string::npos);
  sink->on_plain_events({&events_[1], 1});
  sink->on_tick(start + seconds{20});
  EXPECT_NE(text().find("\"total\": 3"), std::string::npos);
  ASSERT_TRUE(sink->finish({}));
  EXPECT_NE(text().find("\"refresh_seconds\": null"), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(ReportSinkTest, ReportsAFailedReplacementOnce) {
  using std::chrono::seconds;
  ReportSinkOptions options;
  options.path = "/dev/full";
  options.rewrite = seconds{10};
  options.live = true;
  auto sink = ReportSink::open(options, ports_, book_, [] { return CaptureInfo{}; });
  ASSERT_TRUE(sink);
  (*sink)->on_tick(timestamp_from_ns(1));
  EXPECT_FALSE((*sink)->take_failure());
  (*sink)->on_tick(timestamp_from_ns(1) + seconds{10});
  EXPECT_NE((*sink)->take_failure().value_or(Error{}).message.find("/dev/full"), std::string::npos);
  EXPECT_FALSE((*sink)->take_failure());
  EXPECT_FALSE((*sink)->finish({}));
}

TEST_F(ReportSinkTest, AFailureThatEndedIsNoneAndASecondOneIsReported) {
  using std::chrono::seconds;
  for (const ReportFormat format : {ReportFormat::Json, ReportFormat::Csv}) {
    if (format == ReportFormat::Csv) {
      std::filesystem::remove(path_);
      std::filesystem::create_directory(path_);
    }
    auto sink = open({.format = format, .rewrite = seconds{10}, .live = true});
    Timestamp now = timestamp_from_ns(1'772'366'400'000'000'000);
    sink->on_tick(now);
    for (int outage = 0; outage < 2; ++outage) {
      {
        const FileSizeLimit full(1);
        sink->on_tick(now += seconds{10});
        EXPECT_NE(sink->take_failure().value_or(Error{}).message.find("cannot write " + path_),
                  std::string::npos);
        sink->on_tick(now += seconds{10});
        EXPECT_FALSE(sink->take_failure());
      }
      sink->on_tick(now += seconds{10});
      EXPECT_FALSE(sink->take_failure());
    }
    EXPECT_TRUE(sink->finish({}));
  }
}

TEST_F(ReportSinkTest, WritesACsvFileForEachTable) {
  std::filesystem::create_directory(path_);
  std::ofstream(path_ + "/scanners.csv") << "of yesterday";
  std::ofstream(path_ + "/netstat.csv") << "of a view of yesterday";
  std::ofstream(path_ + "/notes.csv") << "of somebody else";
  auto sink = open({.format = ReportFormat::Csv});
  sink->on_plain_events(events_);
  ASSERT_TRUE(sink->finish({}));
  const std::string totals = text_of(path_ + "/capture.csv");
  EXPECT_EQ(totals.substr(0, 12), "what,value\r\n");
  EXPECT_NE(totals.find("connections,2\r\n"), std::string::npos);
  EXPECT_EQ(text_of(path_ + "/services.csv").substr(0, 8), "ip,port,");
  EXPECT_EQ(text_of(path_ + "/states.csv").substr(0, 6), "state,");
  EXPECT_FALSE(std::filesystem::exists(path_ + "/scanners.csv")) << "this report has none";
  EXPECT_FALSE(std::filesystem::exists(path_ + "/netstat.csv")) << "neither has it this one";
  EXPECT_TRUE(std::filesystem::exists(path_ + "/notes.csv"));
}

TEST_F(ReportSinkTest, ReportsATableOfAnEarlierReportThatCannotBeRemoved) {
  std::filesystem::create_directories(path_ + "/netstat.csv");
  auto sink = open({.format = ReportFormat::Csv, .rewrite = std::chrono::seconds{1}, .live = true});
  sink->on_plain_events(events_);
  sink->on_tick(wall_clock());
  sink->on_tick(wall_clock() + std::chrono::seconds{1});
  EXPECT_NE(sink->take_failure().value_or(Error{}).message.find("cannot remove " + path_ +
                                                                "/netstat.csv, "),
            std::string::npos);
  EXPECT_NE(text_of(path_ + "/capture.csv"), "") << "the report is complete";
  const Status finished = sink->finish({});
  ASSERT_FALSE(finished);
  EXPECT_NE(finished.error().message.find("which an earlier report left"), std::string::npos);
}

TEST_F(ReportSinkTest, ListsTheFilesOfACsvReport) {
  const auto files = csv_report_files("x/out.csv", std::nullopt);
  EXPECT_EQ(files.size(), std::size(kTableKeys));
  EXPECT_EQ(files.at(0), "x/out.csv/capture.csv");
  EXPECT_TRUE(csv_report_files("x/out.json", std::nullopt).empty());
  EXPECT_TRUE(csv_report_files("out.csv", ReportFormat::Json).empty());
  EXPECT_TRUE(csv_report_files("-", ReportFormat::Csv).empty());
}

TEST_F(ReportSinkTest, MakesTheFolderOfACsvReportUnlessAFileHasItsName) {
  EXPECT_TRUE(make_report_folder(path_ + ".csv", std::nullopt));
  EXPECT_TRUE(std::filesystem::is_directory(path_ + ".csv"));
  EXPECT_TRUE(make_report_folder(path_ + ".csv", std::nullopt)) << "it exists";
  EXPECT_TRUE(make_report_folder(path_, ReportFormat::Json));
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(make_report_folder("-", ReportFormat::Csv));
  EXPECT_TRUE(make_report_folder("/dev/null", ReportFormat::Csv));
  EXPECT_FALSE(make_report_folder(folder_ + "/absent/report.csv", std::nullopt));
  std::ofstream(path_) << "a file";
  const Status made = make_report_folder(path_, ReportFormat::Csv);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find(path_ + " is a file"), std::string::npos);
}

TEST_F(ReportSinkTest, ARunThatDoesNotFinishLeavesTheOldReport) {
  std::ofstream(path_) << "yesterday";
  {
    auto sink = open({});
    sink->on_plain_events(events_);
  }
  EXPECT_EQ(text(), "yesterday");
  auto sink = open({});
  ASSERT_TRUE(sink->finish({}));
  EXPECT_NE(text().find("\"synfin\""), std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
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
