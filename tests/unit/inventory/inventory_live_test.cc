// What a live run does at ticks: its digests, also when the clock is set, and a full inventory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "synfin/inventory/inventory_sink.h"
#include "unit/inventory/inventory_events.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;
using namespace inventory_test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kSecondsOfDay = 86'400;

double seconds_after_begin(Timestamp time) {
  return std::chrono::duration<double>(time - at(0)).count();
}

class Reports final : public ChangeListener {
 public:
  Status on_start(Database&, const StartNotice&) override { return Ok{}; }
  Status on_changes(Database&, std::span<const Change>) override { return Ok{}; }
  Status on_digest(Database&, const Digest& digest) override {
    digests.push_back(seconds_after_begin(digest.to));
    return Ok{};
  }
  Status on_gap(Database&, const GapNotice& gap) override {
    gaps.push_back(gap.sentence);
    return Ok{};
  }
  std::vector<double> digests;
  std::vector<std::string> gaps;
};

class InventoryLiveTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "synfin-inventory-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.state = folder_ + "/net.db";
    options_.digest_interval = std::chrono::minutes{10};
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<InventorySink> open() {
    auto sink = InventorySink::open(options_, {.book = book_,
                                               .ports = ports_,
                                               .gauges = gauges_,
                                               .sources = {"test"},
                                               .live = true,
                                               .listener = reports_});
    EXPECT_TRUE(sink) << sink.error().message;
    return sink ? std::move(*sink) : nullptr;
  }
  /// Ends the run as a service ends that is stopped.
  static void stop(InventorySink& sink) {
    CaptureInfo stopped;
    stopped.interrupted = true;
    EXPECT_TRUE(sink.finish(stopped));
  }
  /// The times of the digests of a run with these ticks.
  std::vector<double> digests_of(const std::vector<double>& ticks) {
    reports_->digests.clear();
    const auto sink = open();
    for (const double tick : ticks) sink->on_tick(at(tick));
    stop(*sink);
    return reports_->digests;
  }

  /// The digests among the lines of --events of a run with these ticks: "600 digest".
  std::vector<std::string> lines_of(const std::vector<double>& ticks) {
    std::vector<std::string> digests;
    const auto sink = open();
    sink->set_take_line([&](std::string_view line, std::size_t /*place*/) {
      const auto json = nlohmann::json::parse(line);
      if (json["event"] != "digest") return;
      const auto time = static_cast<std::int64_t>(json["ts"].get<double>()) - seconds_of(at(0));
      digests.push_back(std::to_string(time) + " digest");
    });
    for (const double tick : ticks) sink->on_tick(at(tick));
    stop(*sink);
    return digests;
  }

  std::string folder_;
  InventoryOptions options_;
  AddressBook book_{GeoIpOptions{}};
  PortNames ports_{std::vector<PortNames::Service>{}};
  Gauges gauges_;
  std::shared_ptr<Reports> reports_ = std::make_shared<Reports>();
};

TEST_F(InventoryLiveTest, RunsShorterThanTheIntervalHaveTheFirstDigestTogether) {
  EXPECT_THAT(digests_of({0, 400}), IsEmpty());
  EXPECT_THAT(digests_of({410, 500, 600}), ElementsAre(600));
  EXPECT_THAT(digests_of({700, 1100}), IsEmpty());
  EXPECT_THAT(digests_of({1500, 1559, 1561}), ElementsAre(1560)) << "an overdue one waits a minute";
}

TEST_F(InventoryLiveTest, AClockThatIsSetBackStopsNoDigest) {
  options_.state.clear();
  EXPECT_THAT(lines_of({0, 365 * kSecondsOfDay, 10, 609, 611}),
              ElementsAre("600 digest", "31536000 digest", "610 digest"));
}

TEST_F(InventoryLiveTest, AClockThatIsSetBackStopsNoGapNotice) {
  const auto sink = open();
  sink->on_tick(at(kSecondsOfDay));
  sink->report_gap("eth0 is down");
  sink->on_tick(at(kSecondsOfDay + 1));
  sink->report_gap("eth0 is back");
  sink->on_tick(at(0));
  sink->on_tick(at(61));
  sink->on_tick(at(62));
  sink->report_gap("eth1 is down");
  stop(*sink);
  EXPECT_THAT(reports_->gaps, ElementsAre("eth0 is down", "eth0 is back", "eth1 is down"));
}

TEST_F(InventoryLiveTest, AClockThatIsSetBackEndsLearning) {
  options_.learn = std::chrono::hours{1};
  const auto sink = open();
  sink->on_tick(at(365 * kSecondsOfDay));
  sink->on_tick(at(0));
  sink->on_plain_events(std::vector<Event>{opened({.time = 3500})});
  sink->on_tick(at(3601));
  sink->on_plain_events(std::vector<Event>{opened({.time = 3700, .port = 443})});
  stop(*sink);
  std::vector<bool> alerts;
  for (const Change& change : sink->changes()) alerts.push_back(change.alert);
  EXPECT_THAT(alerts, ElementsAre(false, true));
}

TEST_F(InventoryLiveTest, AFullInventoryIsReportedOnce) {
  options_.max_hosts = 1;
  const auto sink = open();
  const auto meet = [&](double time, const char* server) {
    sink->on_plain_events(std::vector<Event>{opened({.time = time, .server = server})});
    sink->on_tick(at(time + 1));
  };
  testing::internal::CaptureStderr();
  meet(0, "198.51.100.1");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  meet(10, "198.51.100.2");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("new hosts are not reported"));
  testing::internal::CaptureStderr();
  meet(100, "198.51.100.3");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  stop(*sink);
  EXPECT_THAT(reports_->gaps, ElementsAre(HasSubstr("the inventory is full")));
}

TEST_F(InventoryLiveTest, DigestsCountHostsThatWereNotStored) {
  options_.state.clear();
  options_.max_hosts = 1;
  const auto sink = open();
  std::vector<std::uint64_t> counts;
  sink->set_take_line([&](std::string_view line, std::size_t /*place*/) {
    const auto json = nlohmann::json::parse(line);
    if (json["event"] == "digest") counts.push_back(json.value("hosts_not_stored", 0u));
  });
  testing::internal::CaptureStderr();
  for (const char* const server : {"198.51.100.1", "198.51.100.2", "198.51.100.3"})
    sink->on_plain_events(std::vector<Event>{opened({.time = 0, .server = server})});
  sink->on_tick(at(601));
  sink->on_tick(at(1201));
  stop(*sink);
  EXPECT_THAT(counts, ElementsAre(2u, 0u));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("2 times a host was not stored"));
}

}  // namespace
}  // namespace synfin
