// The inventory in the state file: what is stored is loaded, failures and damage.
#include "inventory/state_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "inventory/port_ranges.h"
#include "inventory/state_writer.h"
#include "unit/inventory/inventory_events.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;
using namespace inventory_test;
using testing::ElementsAre;
using testing::HasSubstr;

/// Records the calls. `failures` of them fail.
class FakeListener : public ChangeListener {
 public:
  Status on_start(Database&, const StartNotice& start) override { return note(start.id); }
  Status on_changes(Database& state, std::span<const Change> changes) override {
    for (const Change& change : changes) {
      auto insert = state.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES (?, 1)");
      if (!insert) return insert.error();
      if (const Status done = insert->bind(1, "message " + change.id).run(); !done) return done;
    }
    return note(std::to_string(changes.size()) + " changes");
  }
  Status on_digest(Database&, const Digest& digest) override { return note(digest.id); }
  Status on_gap(Database&, const GapNotice& gap) override { return note(gap.id); }
  void on_commit() override { calls.emplace_back("commit"); }

  std::vector<std::string> calls;
  int failures = 0;

 private:
  Status note(std::string call) {
    calls.push_back(std::move(call));
    if (failures > 0 && failures-- > 0) return Error{"no message today"};
    return Ok{};
  }
};

class StateStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "synfin-state-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/net.db";
    inventory_.observe(opened({.time = 0}), "nginx (user www, pid 7)");
    inventory_.observe(opened({.time = 1, .port = 443}));
    inventory_.observe(opened({.time = 2, .server = "2001:db8::7", .client = "2001:db8::1"}));
    inventory_.observe(opened({.time = 3, .client = "192.0.2.9"}));
    for (std::uint16_t port = 1000; port < 1100; ++port)
      inventory_.observe(refused({.time = 4, .port = port}));
    inventory_.settle_all();
  }
  void TearDown() override { fs::remove_all(folder_); }

  StateBatch batch() {
    StateBatch batch;
    batch.add(inventory_.take_changes());
    batch.collect(inventory_);
    return batch;
  }
  Database open() {
    auto database = Database::open(path_, DatabaseAccess::Write);
    EXPECT_TRUE(database) << database.error().message;
    return std::move(*database);
  }
  static std::int64_t number(Database& database, const std::string& sql) {
    auto statement = database.prepare(sql);
    const auto row = statement->step();
    return row && *row ? statement->integer(0) : -1;
  }

  std::string folder_;
  std::string path_;
  Inventory inventory_{InventoryRules{}, [](HostSummary& host) { host.country = "NO"; }};
};

TEST_F(StateStoreTest, LoadsWhatItStored) {
  StateBatch stored = batch();
  stored.begun = at(0);
  {
    Database database = open();
    ASSERT_TRUE(write_batch(database, stored, nullptr));
  }
  Database database = open();
  Inventory again({}, {});
  const auto figures = load_state(database, again);
  ASSERT_TRUE(figures) << figures.error().message;
  EXPECT_EQ(figures->begun, at(0));
  EXPECT_EQ(figures->changes, 2u);
  EXPECT_EQ(again.counts().hosts, 2u);
  EXPECT_EQ(again.counts().open_ports, 3u);
  HostEntry* host = again.table().find(*Address::parse("198.51.100.7"));
  ASSERT_NE(host, nullptr);
  EXPECT_TRUE(host->announced);
  EXPECT_EQ(host->about->country, "NO");
  ASSERT_TRUE(host->closed);
  EXPECT_EQ(host->closed->to_string(), "1032-1099");
  const PortEntry* port = host->find(80u << 8 | 6);
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(port->state, PortState::Open);
  EXPECT_TRUE(port->opened);
  EXPECT_EQ(port->first_proof, at(0));
  EXPECT_EQ(port->last_proof, at(3));
  EXPECT_EQ(port->attempts, 2u);
  EXPECT_EQ(port->evidence.clients(), 2u);
  EXPECT_EQ(again.process(port->process), "nginx (user www, pid 7)");

  const auto changes = read_changes(database, {});
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ((*changes)[0].id, stored.changes[0].id);
  ASSERT_EQ((*changes)[0].ports.size(), 2u);
  EXPECT_EQ((*changes)[0].ports[0].process, "nginx (user www, pid 7)");
  EXPECT_EQ((*changes)[0].host.country, "NO");
}

TEST_F(StateStoreTest, ReadsWhatAnEarlierSchemaStoredAsRows) {
  Database database = open();
  ASSERT_TRUE(database.execute(
      "INSERT INTO hosts (id, ip, first_seen, last_seen, announced) "
      "VALUES (1, x'00000000000000000000ffffc6336407', 5, 9, 1);"
      "INSERT INTO ports VALUES (1, 20486, 2, 0, 1, 5, 9, 5, 3, 2, 0, 0, 0, 'nginx', NULL);"
      "INSERT INTO changes (id, time, kind, ip, port, transport, state, was, witnesses, alert, "
      "evidence, ports) VALUES ('00000000000000ab', 5, 0, x'00000000000000000000ffffc6336407', 0, "
      "6, 0, 0, 0, 1, 'it was so', x'3830203620322031200a')"));
  Inventory again({}, {});
  const auto figures = load_state(database, again);
  ASSERT_TRUE(figures) << figures.error().message;
  EXPECT_TRUE(figures->old_ports);
  EXPECT_EQ(again.counts().open_ports, 1u);
  const auto changes = read_changes(database, {});
  ASSERT_TRUE(changes);
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ((*changes)[0].evidence, "it was so");
  ASSERT_EQ((*changes)[0].ports.size(), 1u);
  EXPECT_EQ((*changes)[0].ports[0].port, 80);
  StateBatch stored;
  stored.complete = true;
  stored.collect(again);
  EXPECT_EQ(stored.hosts.size(), 1u);
  ASSERT_TRUE(write_batch(database, stored, nullptr));
  EXPECT_EQ(number(database, "SELECT count(*) FROM ports"), 0);
  Inventory third({}, {});
  ASSERT_TRUE(load_state(database, third));
  const PortEntry* port = third.table().find(*Address::parse("198.51.100.7"))->find(80u << 8 | 6);
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(third.process(port->process), "nginx");
}

TEST_F(StateStoreTest, OpenPortsWithoutRoomComeBack) {
  for (std::uint16_t port = 1; port <= 2000; ++port)
    inventory_.observe(opened({.time = 10, .port = port}));
  Database database = open();
  ASSERT_TRUE(write_batch(database, batch(), nullptr));
  Inventory again({}, {});
  ASSERT_TRUE(load_state(database, again));
  EXPECT_EQ(again.counts().open_ports, 2001u);
  EXPECT_EQ(again.counts().open_without_entry, 2000 - HostTable::kMaxPorts);
  again.observe(opened({.time = 20, .port = 2000}));
  EXPECT_EQ(again.counts().open_ports, 2001u);
  // A file of version 3 does not have the column.
  ASSERT_TRUE(database.execute("ALTER TABLE hosts DROP COLUMN more_open"));
  Inventory old({}, {});
  ASSERT_TRUE(load_state(database, old));
  EXPECT_EQ(old.counts().open_ports, 1 + HostTable::kMaxPorts);
}

TEST_F(StateStoreTest, ASmallerBoundOfHostsLosesNoneOfTheFile) {
  Database database = open();
  ASSERT_TRUE(write_batch(database, batch(), nullptr));
  Inventory small({.max_hosts = 1, .watch = nullptr, .expect = nullptr}, {});
  const auto loaded = load_state(database, small);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(small.counts().hosts, 2u);
  small.observe(opened({.time = 9, .server = "198.51.100.99"}));
  EXPECT_EQ(small.counts().hosts_not_stored, 1u);
}

TEST_F(StateStoreTest, StoresOnlyWhatDiffers) {
  (void)batch();
  inventory_.observe(opened({.time = 9, .port = 443}));
  const StateBatch second = batch();
  ASSERT_EQ(second.hosts.size(), 1u);
  EXPECT_EQ(second.hosts[0].ip, *Address::parse("198.51.100.7"));
  EXPECT_TRUE(batch().empty());
}

TEST_F(StateStoreTest, ADigestContainsTheChangesSinceTheLastOne) {
  Database database = open();
  StateBatch first = batch();
  ASSERT_TRUE(write_batch(database, first, nullptr));
  auto undigested = read_changes(database, {.undigested = true});
  EXPECT_EQ(undigested->size(), 2u);
  inventory_.observe(opened({.time = 70, .port = 8443}));
  StateBatch second = batch();
  ASSERT_EQ(second.changes.size(), 1u);  // after the digest
  second.digest.emplace();
  second.digest->id = "d1";
  second.digest->to = at(5);
  second.digest_number = 1;
  ASSERT_TRUE(write_batch(database, second, nullptr));
  undigested = read_changes(database, {.undigested = true});
  ASSERT_EQ(undigested->size(), 1u);
  EXPECT_EQ(undigested->front().port.port, 8443);
  const auto last = read_last_digest(database);
  ASSERT_TRUE(last && *last);
  EXPECT_EQ((*last)->id, "d1");
  EXPECT_EQ((*last)->to, at(5));
}

TEST_F(StateStoreTest, AListenerAndTheStateAgreeAlsoAfterAFailure) {
  Database database = open();
  const StateBatch stored = batch();
  FakeListener listener;
  listener.failures = 1;
  EXPECT_FALSE(write_batch(database, stored, &listener));
  EXPECT_EQ(number(database, "SELECT count(*) FROM changes"), 0);
  EXPECT_EQ(number(database, "SELECT count(*) FROM meta"), 0);
  ASSERT_TRUE(write_batch(database, stored, &listener));
  EXPECT_EQ(number(database, "SELECT max(number) FROM changes"), 2);
  EXPECT_EQ(number(database, "SELECT count(*) FROM meta"), 2);
  EXPECT_THAT(listener.calls, ElementsAre("2 changes", "2 changes", "commit"));
}

TEST_F(StateStoreTest, TheWriterRetriesUntilItSucceeds) {
  auto listener = std::make_shared<FakeListener>();
  listener->failures = 1;
  StateBatch stored = batch();
  StateWriter writer(open(), listener);
  ASSERT_TRUE(writer.submit(stored));
  Status finished = writer.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(writer.take_failure().value_or(Error{}).message, "no message today");
  EXPECT_FALSE(writer.take_failure());
  StateBatch next;
  next.begun = at(0);
  EXPECT_FALSE(writer.submit(next));
  EXPECT_TRUE(next.begun);
  for (int i = 0; i < 100 && !writer.idle(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  EXPECT_TRUE(writer.idle());
  EXPECT_TRUE(writer.finish());
  EXPECT_TRUE(writer.submit(next));
  EXPECT_TRUE(writer.finish());
}

TEST_F(StateStoreTest, ADamagedTableIsReported) {
  {
    Database database = open();
    ASSERT_TRUE(write_batch(database, batch(), nullptr));
  }
  {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = fs::file_size(path_);
    for (std::size_t at = 4096; at + 64 < size; at += 512) {
      file.seekp(static_cast<std::streamoff>(at));
      file << std::string(64, '\xee');
    }
  }
  Database database = open();
  Inventory again({}, {});
  EXPECT_FALSE(load_state(database, again));
  EXPECT_TRUE(database.damaged());
}

}  // namespace
}  // namespace synfin
