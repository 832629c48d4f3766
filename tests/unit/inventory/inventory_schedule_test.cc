// What depends on time in the sink: digests, the end of learning, ports that are gone, MAC
// addresses. Each is the same for every size of batches and beside every other output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "synfin/inventory/inventory_sink.h"
#include "unit/inventory/inventory_events.h"

namespace synfin {
namespace {

using namespace inventory_test;
using testing::Contains;
using testing::ElementsAre;

constexpr double kHour = 3600;

class InventoryScheduleTest : public testing::Test {
 protected:
  /// The lines of --events of a run that gets `events` in batches of `size`.
  std::string lines_of(const std::vector<Event>& events, std::size_t size) {
    LinkNeighbors neighbors;
    for (const auto& [time, ip] : macs_) neighbors.note(at(time), *Address::parse(ip), kMac);
    auto sink = InventorySink::open(options_, {.book = book_,
                                               .ports = ports_,
                                               .gauges = gauges_,
                                               .listener = nullptr,
                                               .neighbors = &neighbors,
                                               .on_link = {*Cidr::parse("198.51.100.0/24")}});
    if (!sink) return sink.error().message;
    std::string lines;
    (*sink)->set_take_line(
        [&lines](std::string_view line, std::size_t /*place*/) { lines += line; });
    for (std::span<const Event> rest = events; !rest.empty();) {
      const std::span<const Event> batch = rest.first(std::min(size, rest.size()));
      (*sink)->on_plain_events(batch);
      rest = rest.subspan(batch.size());
    }
    EXPECT_TRUE((*sink)->finish({}));
    return lines;
  }
  /// The digests and changes of a run, such as "3600 closed !" or "14400 digest 2".
  std::vector<std::string> run(const std::vector<Event>& events) {
    const std::string whole = lines_of(events, events.size());
    for (const std::size_t size : {1, 2, 7}) EXPECT_EQ(lines_of(events, size), whole) << size;
    EXPECT_EQ(lines_of(with_packets(events), 5), whole);
    std::vector<std::string> texts;
    std::istringstream lines(whole);
    for (std::string line; std::getline(lines, line);) texts.push_back(text_of(line));
    return texts;
  }

  InventoryOptions options_;
  std::vector<std::pair<double, const char*>> macs_;  ///< when an address had kMac

 private:
  /// Adds an event of a kind that only other outputs want before each of `events`.
  static std::vector<Event> with_packets(const std::vector<Event>& events) {
    std::vector<Event> more;
    for (const Event& event : events) {
      more.push_back(event);
      more.back().kind = EventKind::Syn;
      more.back().time = event.time - std::chrono::milliseconds{20};
      more.push_back(event);
    }
    return more;
  }

  static constexpr std::uint8_t kMac[] = {0x02, 0, 0x5E, 0x10, 0, 1};

  static std::string text_of(const std::string& line) {
    const auto json = nlohmann::json::parse(line);
    const auto time = static_cast<std::int64_t>(json["ts"].get<double>()) - seconds_of(at(0));
    std::string text = std::to_string(time) + ' ';
    if (json["event"] == "digest") return text + "digest " + json["changes"].dump();
    text += json["change"].get<std::string>();
    if (json.contains("mac")) text += ' ' + json["mac"].get<std::string>();
    return json["alert"].get<bool>() ? text + " !" : text;
  }

  AddressBook book_{GeoIpOptions{}};
  PortNames ports_{std::vector<PortNames::Service>{{80, "http"}}};
  Gauges gauges_;
};

TEST_F(InventoryScheduleTest, DigestsFollowCaptureTime) {
  options_.gone_after = std::chrono::hours{10};
  std::vector<Event> events = {opened({.time = 0, .port = 22})};
  for (int hour = 0; hour < 10; ++hour) events.push_back(opened({.time = hour * kHour + 1}));
  events.push_back(opened({.time = 10 * kHour + 1, .server = "198.51.100.9"}));
  for (int hour = 11; hour < 14; ++hour) events.push_back(opened({.time = hour * kHour + 1}));
  EXPECT_THAT(run(events), ElementsAre("0 new_host", "14400 digest 1", "28800 digest 0",
                                       "36001 new_host !", "43200 gone !", "43200 digest 2"));
}

TEST_F(InventoryScheduleTest, ALongSilenceHasItsFirstAndItsLastDigest) {
  options_.gone_after = std::chrono::hours{10};
  EXPECT_THAT(run({opened({.time = 0}), opened({.time = 29 * kHour, .port = 443})}),
              ElementsAre("0 new_host", "14400 digest 1", "100800 gone !", "100800 digest 1",
                          "104400 new_port !"));
}

TEST_F(InventoryScheduleTest, AHugeIntervalOverflowsNothing) {
  options_.digest_interval = Duration::max();
  options_.learn = Duration::max();
  Event last = opened({.port = 443});
  last.time = Timestamp::max();
  EXPECT_THAT(run({opened({.time = 0}), last}), Contains("0 new_host"));
}

TEST_F(InventoryScheduleTest, LearningEndsInTheMidstOfABatch) {
  options_.learn = std::chrono::seconds{6};
  EXPECT_THAT(run({opened({.time = 0}), opened({.time = 0.5, .port = 22}),
                   refused({.time = 10, .port = 22}), opened({.time = 20})}),
              ElementsAre("0 new_host", "10 closed !"));
  options_.learn = std::chrono::seconds{30};
  EXPECT_THAT(run({opened({.time = 0}), opened({.time = 10, .port = 22}),
                   opened({.time = 30, .port = 23})}),
              ElementsAre("0 new_host", "10 new_port", "30 new_port !"));
}

TEST_F(InventoryScheduleTest, AMacAddressIsARoutersOnlyOnceThatIsKnown) {
  macs_ = {{0, "198.51.100.7"}, {50, "203.0.113.9"}};
  EXPECT_THAT(run({opened({.time = 0}), opened({.time = 20}),
                   opened({.time = 60, .server = "203.0.113.9"})}),
              ElementsAre("0 new_host 02:00:5e:10:00:01", "60 new_host"));
}

}  // namespace
}  // namespace synfin
