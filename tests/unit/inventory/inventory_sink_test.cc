// The sink: state across runs, digests, learning, failures.
#include "synfin/inventory/inventory_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "inventory/state_store.h"
#include "unit/inventory/inventory_events.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;
using namespace inventory_test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class InventorySinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "synfin-inventory-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.state = folder_ + "/net.db";
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<InventorySink> open(bool live = false) {
    auto sink = InventorySink::open(options_, {.book = book_,
                                               .ports = ports_,
                                               .gauges = gauges_,
                                               .sources = {"test"},
                                               .live = live,
                                               .listener = nullptr,
                                               .clock = [this] { return clock_; }});
    EXPECT_TRUE(sink) << sink.error().message;
    if (!sink) return nullptr;
    (*sink)->set_take_line(
        [this](std::string_view line, std::size_t /*place*/) { lines_ += line; });
    return std::move(*sink);
  }
  /// A run over a capture with these events. Returns its changes: "new_host".
  std::vector<std::string> run(const std::vector<Event>& events) {
    const auto sink = open();
    sink->on_plain_events(events);
    const Status finished = sink->finish({});
    EXPECT_TRUE(finished) << finished.error().message;
    std::vector<std::string> kinds;
    for (const Change& change : sink->changes())
      kinds.push_back(std::string(to_string(change.kind)) + (change.alert ? " !" : ""));
    return kinds;
  }
  Database read() {
    auto database = Database::open(options_.state, DatabaseAccess::Read);
    EXPECT_TRUE(database) << database.error().message;
    return std::move(*database);
  }

  std::string folder_;
  InventoryOptions options_;
  AddressBook book_{GeoIpOptions{}};
  PortNames ports_{std::vector<PortNames::Service>{{80, "http"}}};
  Gauges gauges_;
  Timestamp clock_ = timestamp_from_ns(0);
  std::string lines_;
};

TEST_F(InventorySinkTest, TheNextRunComparesWithTheStoredState) {
  EXPECT_THAT(run({opened({.time = 0}), opened({.time = 1, .port = 443})}),
              ElementsAre("new_host"));
  EXPECT_THAT(run({opened({.time = 100'000}), refused({.time = 100'001, .port = 443})}),
              ElementsAre("closed !"));
  EXPECT_THAT(run({opened({.time = 200'000})}), IsEmpty());
  Database database = read();
  const auto changes = read_changes(database, {});
  ASSERT_TRUE(changes);
  EXPECT_EQ(changes->size(), 2u);
  const auto digest = read_last_digest(database);
  ASSERT_TRUE(digest && *digest);
  EXPECT_EQ((*digest)->changes_total, 0u);
  EXPECT_EQ((*digest)->from, at(100'001));
  EXPECT_EQ((*digest)->to, at(200'000));
}

TEST_F(InventorySinkTest, ReportsChangesAndDigestsAsEvents) {
  options_.digest_interval = std::chrono::hours{1};
  run({opened({.time = 0}), opened({.time = 3000, .port = 443}), opened({.time = 3700})});
  std::vector<std::string> events;
  std::istringstream lines(lines_);
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    events.push_back(json["event"].get<std::string>() + ' ' +
                     (json.contains("change")
                          ? json["change"].get<std::string>() + json["ip"].get<std::string>()
                          : json["changes"].dump()));
  }
  EXPECT_THAT(events, ElementsAre("change new_host198.51.100.7", "change new_port198.51.100.7",
                                  "digest 2", "digest 0"));
}

TEST_F(InventorySinkTest, PlacesOfLinesDoNotDependOnTheSizeOfBatches) {
  options_.digest_interval = std::chrono::hours{1};
  const std::vector<Event> events{opened({.time = 0}), opened({.time = 3000, .port = 443}),
                                  opened({.time = 3001, .port = 444}),
                                  refused({.time = 3002, .port = 443}), opened({.time = 3700})};
  std::vector<std::string> expected;
  for (const std::size_t size : {events.size(), std::size_t{1}, std::size_t{2}}) {
    options_.state = folder_ + "/" + std::to_string(size);
    const auto sink = open();
    std::vector<std::string> placed;
    std::size_t delivered = 0;
    sink->set_take_line([&](std::string_view line, std::size_t place) {
      const auto json = nlohmann::json::parse(line);
      placed.push_back(std::to_string(delivered + place) + ' ' + json["event"].get<std::string>());
    });
    for (; delivered < events.size(); delivered += size) {
      const std::span<const Event> rest = std::span(events).subspan(delivered);
      sink->on_plain_events(rest.first(std::min(size, rest.size())));
    }
    ASSERT_TRUE(sink->finish({}));
    placed.pop_back();  // the digest at the end
    if (expected.empty()) expected = placed;
    EXPECT_EQ(placed, expected) << "batches of " << size;
  }
  EXPECT_THAT(expected, ElementsAre("2 change", "2 change", "3 change", "4 change", "4 digest"));
}

TEST_F(InventorySinkTest, ADigestNamesWhatHasChanged) {
  const auto printed = [this](const std::vector<Event>& events) {
    testing::internal::CaptureStderr();
    run(events);
    std::string text = testing::internal::GetCapturedStderr();
    return text.substr(text.find("; ") + 2);
  };
  EXPECT_EQ(printed({opened({.time = 0}), opened({.time = 1, .port = 443})}),
            "1 change since 2026-03-01T12:00:00Z (1 new_host)\n"
            "synfin: New host 198.51.100.7 with 2 open ports: 80/tcp, 443/tcp\n");
  EXPECT_EQ(printed({opened({.time = 100}), refused({.time = 101, .port = 443})}),
            "1 change since 2026-03-01T12:00:01Z (1 closed)\n"
            "synfin: 198.51.100.7: port 443/tcp is closed\n");
  EXPECT_EQ(printed({opened({.time = 200})}), "0 changes since 2026-03-01T12:01:41Z\n");
  std::vector<Event> many;
  for (std::uint16_t port = 1; port <= 33; ++port)
    many.push_back(opened({.time = 300.0 + port, .port = port}));
  const std::string text = printed(many);
  EXPECT_THAT(text, HasSubstr("\nsynfin: 198.51.100.7: port 20/tcp is now open\n"));
  EXPECT_THAT(text,
              HasSubstr("\nsynfin: and 13 more changes; synfin inventory --changes lists all\n"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 22);
}

TEST_F(InventorySinkTest, LearnsForATimeOrUntilTheFirstDigest) {
  options_.learn = std::chrono::hours{1};
  EXPECT_THAT(run({opened({.time = 0}), opened({.time = 100, .port = 22})}),
              ElementsAre("new_host", "new_port"));
  EXPECT_THAT(run({opened({.time = 3000, .port = 23}), opened({.time = 3601, .port = 22}),
                   opened({.time = 3602, .port = 24})}),
              testing::Contains("new_port"));
  EXPECT_THAT(run({opened({.time = 4000, .port = 25})}), ElementsAre("new_port !"));
  EXPECT_THAT(run({opened({.time = 5000, .port = 25})}), IsEmpty());
}

TEST_F(InventorySinkTest, LiveChangesAreStoredWithinASecond) {
  const auto sink = open(true);
  sink->on_plain_events(std::vector<Event>{opened({.time = 0})});
  sink->on_tick(at(6));
  clock_ += std::chrono::milliseconds{500};
  sink->on_tick(at(6.1));
  bool stored = false;
  for (int i = 0; i < 400 && !stored; ++i) {  // a thread stores them
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    Database database = read();
    const auto changes = read_changes(database, {});
    stored = changes && changes->size() == 1;
  }
  EXPECT_TRUE(stored);
  CaptureInfo stopped;
  stopped.interrupted = true;
  EXPECT_TRUE(sink->finish(stopped));
  Database database = read();
  const auto digest = read_last_digest(database);
  ASSERT_TRUE(digest);
  EXPECT_FALSE(*digest);  // a service that is stopped makes no digest
}

TEST_F(InventorySinkTest, ALiveRunEndsWithOneDigest) {
  options_.digest_interval = std::chrono::minutes{30};
  const auto digests_of = [this](const Event& last) {
    lines_.clear();
    const auto sink = open(true);
    sink->on_tick(last.time - std::chrono::seconds{1830});
    sink->on_tick(last.time - std::chrono::seconds{10});
    sink->on_plain_events(std::vector<Event>{last});
    EXPECT_TRUE(sink->finish({}));
    std::size_t digests = 0;
    for (std::size_t at = 0; (at = lines_.find("\"digest\"", at)) != lines_.npos; ++at) ++digests;
    return digests;
  };
  EXPECT_EQ(digests_of(opened({.time = 4000})), 2u);  // a host appears after the first
  EXPECT_EQ(digests_of(opened({.time = 5830})), 1u);
}

TEST_F(InventorySinkTest, AnAnnouncementThatWasNotStoredFollows) {
  {
    const auto sink = open(true);
    sink->on_plain_events(std::vector<Event>{opened({.time = 0})});  // no change yet
    clock_ += std::chrono::milliseconds{500};
    sink->on_tick(at(1));  // stores what is half a second old
  }                        // as if killed: finish() was not called
  EXPECT_THAT(run({refused({.time = 50, .port = 9})}), ElementsAre("new_host"));
}

TEST_F(InventorySinkTest, TwoRunsOnOneFileAreRefused) {
  const auto first = open();
  const auto second = InventorySink::open(
      options_, {.book = book_, .ports = ports_, .gauges = gauges_, .listener = nullptr});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another synfin writes to it"));
}

TEST_F(InventorySinkTest, ADamagedFileIsReplaced) {
  run({opened({.time = 0})});
  fs::resize_file(options_.state, 9000);
  std::ofstream(options_.state, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(4096)
      .write(std::string(4000, '\xee').data(), 4000);
  EXPECT_THAT(run({opened({.time = 100})}), ElementsAre("new_host"));
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder_))
    files += entry.path().filename().string().starts_with("net.db.damaged-");
  EXPECT_GE(files, 1u);
}

TEST_F(InventorySinkTest, AFolderThatForbidsWritingIsReported) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  const auto sink = InventorySink::open(
      options_, {.book = book_, .ports = ports_, .gauges = gauges_, .listener = nullptr});
  fs::permissions(folder_, fs::perms::owner_all);
  ASSERT_FALSE(sink);
  EXPECT_THAT(sink.error().message, HasSubstr("Permission denied"));
}

TEST_F(InventorySinkTest, WithoutAStateFileItCountsInMemory) {
  options_.state.clear();
  const auto sink = open();
  sink->on_plain_events(std::vector<Event>{opened({.time = 0})});
  EXPECT_TRUE(sink->finish({}));
  EXPECT_EQ(sink->inventory().counts().open_ports, 1u);
  EXPECT_EQ(sink->changes().size(), 1u);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(InventorySinkTest, ARunThatProvesNothingHasADigestAtItsTime) {
  run({opened({.time = 0})});
  run({unanswered({.time = 500, .server = "203.0.113.9"})});
  Database database = read();
  const auto digest = read_last_digest(database);
  ASSERT_TRUE(digest && *digest);
  EXPECT_EQ((*digest)->to, at(630));
}

TEST_F(InventorySinkTest, ADigestListsSomePortsOfEachHost) {
  class Hosts final : public ChangeListener {
   public:
    Status on_start(Database&, const StartNotice&) override { return Ok{}; }
    Status on_changes(Database&, std::span<const Change>) override { return Ok{}; }
    Status on_digest(Database&, const Digest& digest) override {
      hosts = digest.hosts;
      ports_total = digest.ports_total;
      return Ok{};
    }
    Status on_gap(Database&, const GapNotice&) override { return Ok{}; }
    std::vector<Digest::Host> hosts;
    std::uint64_t ports_total = 0;
  };
  const auto listener = std::make_shared<Hosts>();
  auto sink = InventorySink::open(
      options_, {.book = book_, .ports = ports_, .gauges = gauges_, .listener = listener});
  ASSERT_TRUE(sink) << sink.error().message;
  std::vector<Event> events;
  for (std::uint16_t port = 1; port <= 3000; ++port)
    events.push_back(opened({.time = port * 1e-4, .port = port}));
  (*sink)->on_plain_events(events);
  ASSERT_TRUE((*sink)->finish({}));
  ASSERT_EQ(listener->hosts.size(), 1u);
  EXPECT_EQ(listener->hosts[0].ports.size(), kMaxListedPorts);
  EXPECT_EQ(listener->hosts[0].more_ports, 3000 - kMaxListedPorts);
  EXPECT_EQ(listener->ports_total, 3000u);
}

TEST_F(InventorySinkTest, GapsAreReportedAsTheyHappenAndOnceAMinute) {
  class Gaps final : public ChangeListener {
   public:
    Status on_start(Database&, const StartNotice&) override { return Ok{}; }
    Status on_changes(Database&, std::span<const Change>) override { return Ok{}; }
    Status on_digest(Database&, const Digest&) override { return Ok{}; }
    Status on_gap(Database&, const GapNotice& gap) override {
      sentences.push_back(gap.sentence);
      return Ok{};
    }
    std::vector<std::string> sentences;
  };
  const auto listener = std::make_shared<Gaps>();
  auto sink = InventorySink::open(options_, {.book = book_,
                                             .ports = ports_,
                                             .gauges = gauges_,
                                             .sources = {"test"},
                                             .live = true,
                                             .listener = listener});
  ASSERT_TRUE(sink) << sink.error().message;
  (*sink)->report_gap("eth0 is down");
  (*sink)->on_tick(at(10));
  (*sink)->report_gap("eth0 is back after 3 s");
  gauges_.dropped = 7;
  (*sink)->on_tick(at(20));
  (*sink)->on_tick(at(75));
  gauges_.dropped = 8;
  CaptureInfo info;
  info.gaps = {"eth0 captured nothing for a while"};  // reported already
  ASSERT_TRUE((*sink)->finish(info));
  EXPECT_THAT(listener->sentences,
              ElementsAre("eth0 is down", "eth0 is back after 3 s; 7 packets were lost",
                          "1 packet was lost"));
}

}  // namespace
}  // namespace synfin
