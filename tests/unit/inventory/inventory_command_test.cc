// `synfin inventory`: formats, selections, errors.
#include "synfin/inventory/inventory_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "inventory/state_store.h"
#include "unit/inventory/inventory_events.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;
using namespace inventory_test;
using testing::HasSubstr;
using testing::Not;

class InventoryCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "synfin-command-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    Inventory inventory({}, [](HostSummary& host) { host.name = "=evil<b>\x1b[2J"; });
    inventory.observe(opened({.time = 0}), "nginx (user www, pid 7)");
    inventory.observe(opened({.time = 1, .port = 8080}));
    inventory.observe(opened({.time = 2, .server = "198.51.100.8", .port = 25}));
    inventory.settle_all();
    inventory.observe(refused({.time = 60, .port = 8080}));
    inventory.observe(unanswered({.time = 9, .server = "198.51.100.8", .port = 81}));
    inventory.settle_all();
    auto database = Database::open(folder_ + "/net.db", DatabaseAccess::Write);
    ASSERT_TRUE(database);
    StateBatch batch;
    batch.add(inventory.take_changes());
    batch.collect(inventory);
    ASSERT_TRUE(write_batch(*database, batch, nullptr));
  }
  void TearDown() override { fs::remove_all(folder_); }

  Status run_with(std::vector<std::string> words) {
    words.insert(words.begin(), "inventory");
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    return run_inventory_command(static_cast<int>(argv.size()), argv.data(), nullptr);
  }
  std::string run(std::vector<std::string> words) {
    const std::string file = folder_ + "/out";
    for (const std::string& word : {std::string("--state"), folder_ + "/net.db", std::string("-o"),
                                    file, std::string("--utc")})
      words.push_back(word);
    const Status done = run_with(words);
    EXPECT_TRUE(done) << done.error().message;
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  std::string folder_;
};

TEST_F(InventoryCommandTest, ListsHosts) {
  const std::string text = run({});
  EXPECT_THAT(text, HasSubstr("2 open ports on 2 hosts"));
  EXPECT_THAT(text, HasSubstr("1 closed"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b[2J")));
  EXPECT_EQ(run({"list"}), text);
}

TEST_F(InventoryCommandTest, HostsAsJsonHaveTheirPorts) {
  std::istringstream lines(run({"--format", "json"}));
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const auto host = nlohmann::json::parse(line);
  EXPECT_EQ(host["ip"], "198.51.100.7");
  ASSERT_EQ(host["ports"].size(), 2u);
  EXPECT_EQ(host["ports"][0]["port"], 80);
  EXPECT_EQ(host["ports"][0]["transport"], "tcp");
  EXPECT_EQ(host["ports"][0]["state"], "open");
  EXPECT_EQ(host["ports"][0]["process"], "nginx (user www, pid 7)");
  EXPECT_EQ(host["ports"][0]["witnesses"], 1);
  EXPECT_EQ(host["ports"][1]["state"], "closed");
  EXPECT_EQ(host["ports"][1]["was"], "open");
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(nlohmann::json::parse(line)["ip"], "198.51.100.8");
  EXPECT_EQ(nlohmann::json::parse(line)["ports"][0]["first_proof"], "2026-03-01T12:00:02.000000Z");
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(InventoryCommandTest, ChangesAsJsonHaveTheContractsKeys) {
  std::istringstream lines(run({"--changes", "--format", "json"}));
  std::vector<nlohmann::json> changes;
  for (std::string line; std::getline(lines, line);) changes.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0]["change"], "new_host");
  EXPECT_EQ(changes[0]["ports"].size(), 2u);
  const auto& closed = changes[2];
  EXPECT_EQ(closed["change"], "closed");
  EXPECT_EQ(closed["time"], "2026-03-01T12:01:00.000000Z");
  EXPECT_EQ(closed["ip"], "198.51.100.7");
  EXPECT_EQ(closed["port"], 8080);
  EXPECT_EQ(closed["transport"], "tcp");
  EXPECT_EQ(closed["was"], "open");
  EXPECT_EQ(closed["witnesses"], 1);
  EXPECT_EQ(closed["evidence"], "an RST refused the SYN of 192.0.2.1");
}

/// What a store would print that has room for 3 ports or changes fewer than it has.
struct Truncated {
  std::string text, failure;
};

Truncated print_truncated(const std::string& file, InventoryQuery query,
                          const std::vector<std::string>& words) {
  query.output = file;
  const Status done = run_inventory_query(
      query, words,
      {.load = [](Inventory&, const InventorySelection&) { return Result<std::uint64_t>(3u); },
       .changes =
           [](const InventorySelection&) {
             return Result<SelectedChanges>(SelectedChanges{.changes = {}, .left_out = 3});
           }});
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return {text.str(), done ? "" : done.error().message};
}

TEST_F(InventoryCommandTest, WhatASourceLeavesOutIsReportedAndFails) {
  const std::string file = folder_ + "/truncated";
  const auto hosts = print_truncated(file, {}, {});
  EXPECT_EQ(hosts.failure,
            "3 ports are not printed, because there are too many: select fewer with HOST, --port, "
            "--net, --since or --until");
  EXPECT_THAT(hosts.text, HasSubstr("3 ports are not printed"));
  EXPECT_EQ(print_truncated(file, {.format = "json"}, {}).text, "{\"left_out\":{\"ports\":3}}\n");
  EXPECT_THAT(print_truncated(file, {}, {"accept"}).text, HasSubstr("\n# 3 ports are not printed"));
  const auto changes = print_truncated(file, {.changes = true, .format = "json"}, {});
  EXPECT_EQ(changes.text, "{\"left_out\":{\"changes\":3}}\n");
  EXPECT_THAT(changes.failure, HasSubstr("3 older changes are not printed"));
  EXPECT_THAT(print_truncated(file, {.format = "csv"}, {}).failure, HasSubstr("3 ports"));
}

TEST_F(InventoryCommandTest, SelectsHostsPortsAndTimes) {
  EXPECT_THAT(run({"198.51.100.8"}), Not(HasSubstr("198.51.100.7")));
  EXPECT_THAT(run({"198.51.100.0/29", "--format", "csv"}), HasSubstr("198.51.100.7,80,tcp,open"));
  EXPECT_THAT(run({"--port", "25"}), Not(HasSubstr("198.51.100.7")));
  EXPECT_THAT(run({"--changes", "2026-03-01T12:00:30Z"}), HasSubstr("1 change\n"));
  EXPECT_THAT(run({"--changes", "--port", "8080"}), HasSubstr("2 changes"));
  EXPECT_THAT(run({"--changes", "1h"}), HasSubstr("nothing matches"));
}

TEST_F(InventoryCommandTest, AnUnansweredAttemptHasNoTimeOfAProof) {
  const auto host = nlohmann::json::parse(run({"198.51.100.8", "--format", "json"}));
  const auto& port = host["ports"][1];
  EXPECT_EQ(port["port"], 81);
  EXPECT_EQ(port["state"], "unknown");
  EXPECT_EQ(port["attempts"], 1);
  for (const char* key : {"first_proof", "last_proof", "last_change"})
    EXPECT_FALSE(port.contains(key)) << key;
  EXPECT_THAT(run({"198.51.100.8"}), Not(HasSubstr("1970")));
  EXPECT_THAT(run({"--port", "81", "--format", "csv"}),
              HasSubstr(",unknown,,,0,1,0.000000,,,,\r\n"));
}

TEST_F(InventoryCommandTest, EscapesForEachFormat) {
  EXPECT_THAT(run({"--changes", "--format", "csv"}), HasSubstr("'=evil<b>\\x1b[2J"));
  EXPECT_THAT(
      run({"--changes", "--format", "csv"}),
      testing::AllOf(HasSubstr(",id,state,alert"), testing::ContainsRegex(",closed,(true|false)")));
  const std::string html = run({"--format", "html"});
  EXPECT_THAT(html, HasSubstr("evil&lt;b&gt;"));
  EXPECT_THAT(html, HasSubstr("<html"));
}

TEST_F(InventoryCommandTest, TheNameOfTheOutputChoosesTheFormat) {
  for (const auto& [name, begin] : {std::pair{"net.json", "{\"ip\": "},
                                    {"net.csv", "ip,port,"},
                                    {"net.html", "<!DOCTYPE html>"},
                                    {"net.txt", "Inventory\n"},
                                    {"net", "Inventory\n"}}) {
    const std::string file = folder_ + '/' + name;
    ASSERT_TRUE(run_with({"--state", folder_ + "/net.db", "-o", file}));
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    EXPECT_THAT(text.str(), testing::StartsWith(begin)) << name;
  }
  const std::string list = folder_ + "/expect.list";
  EXPECT_TRUE(run_with({"--state", folder_ + "/net.db", "accept", "-o", list}));
}

TEST_F(InventoryCommandTest, AcceptWritesAFileForExpect) {
  const std::string text = run({"accept"});
  EXPECT_THAT(text, HasSubstr("\n198.51.100.7 80\n198.51.100.8 25\n"));
  EXPECT_TRUE(WatchList::parse(text, "accepted"));
}

TEST_F(InventoryCommandTest, OpenPortsWithoutDetailsAreCounted) {
  {
    auto database = Database::open(folder_ + "/net.db", DatabaseAccess::Write);
    ASSERT_TRUE(database);
    Inventory inventory({}, {});
    ASSERT_TRUE(load_state(*database, inventory));
    for (std::uint16_t port = 1; port <= 2000; ++port)
      inventory.observe(opened({.time = 90, .server = "198.51.100.8", .port = port}));
    StateBatch batch;
    batch.collect(inventory);
    ASSERT_TRUE(write_batch(*database, batch, nullptr));
  }
  EXPECT_THAT(run({}), HasSubstr("2,001 open ports on 2 hosts"));
  EXPECT_THAT(run({"198.51.100.8"}),
              HasSubstr("198.51.100.8: 976 more ports are open, without details"));
  const auto host = nlohmann::json::parse(run({"198.51.100.8", "--format", "json"}));
  EXPECT_EQ(host["more_open_ports"], "1025-2000");
  EXPECT_THAT(run({"--port", "1900"}), HasSubstr("1 open port on 1 host"));
  EXPECT_THAT(run({"accept"}), HasSubstr("\n198.51.100.8 1-2000\n"));
  EXPECT_THAT(run({"accept", "--port", "1900,7"}), HasSubstr("\n198.51.100.8 7,1900\n"));
}

TEST_F(InventoryCommandTest, ExplainsWhatIsWrong) {
  for (const auto& [words, message] :
       {std::pair{std::vector<std::string>{"example.org"}, "'example.org' is not an address"},
        {{"--state", "/does/not/exist.db"}, "no state file /does/not/exist.db exists"},
        {{"--state", "/dev/null/net.db"}, "state file /dev/null/net.db: Not a directory"},
        {{"--format", "yaml"}, "--format takes text, json, csv or html"},
        {{"192.0.2.1", "192.0.2.2"}, "takes one HOST or CIDR (synfin inventory --help explains)"},
        {{"--changes", "yesterday"}, "not a time"},
        {{"--changes", "2h", "198.51.100.7", "1h"}, "--changes takes one SINCE"},
        {{"accept", "--changes"}, "so it takes no --changes"},
        {{"accept", "--format", "json"}, "so it takes no --format"},
        {{"-o", "net.md"}, "-o net.md: inventory writes text, json, csv and html"},
        {{"-o", "net.pdf"}, "choose one with --format"}}) {
    const Status done = run_with(words);
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr(message));
  }
}

}  // namespace
}  // namespace synfin
