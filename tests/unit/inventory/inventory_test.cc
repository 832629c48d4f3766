// The state machine of ports: what proves a state, when a change counts, and what alerts.
#include "synfin/inventory/inventory.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inventory/port_ranges.h"
#include "synfin/inventory/host_table.h"
#include "unit/inventory/inventory_events.h"

namespace synfin {
namespace {

using namespace inventory_test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class InventoryTest : public testing::Test {
 protected:
  /// "new_host 198.51.100.7 80,443", "closed 198.51.100.7:80 was open": one text for each change.
  std::vector<std::string> changes() {
    std::vector<std::string> texts;
    for (const Change& change : inventory_.take_changes()) {
      std::string text = std::string(to_string(change.kind)) + ' ' + change.host.ip.to_string();
      if (change.kind == ChangeKind::NewHost) {
        for (const PortSummary& port : change.ports) text += ' ' + std::to_string(port.port);
      } else {
        text += ':' + std::to_string(change.port.port) + " was " +
                std::string(to_string(change.port.was));
      }
      if (change.alert) text += " !";
      texts.push_back(text);
    }
    return texts;
  }
  const PortEntry* port(const char* ip, std::uint16_t number) {
    HostEntry* host = inventory_.table().find(*Address::parse(ip));
    return host != nullptr ? host->find(std::uint32_t{number} << 8 | 6) : nullptr;
  }
  void learn(const Attempt& a) {
    inventory_.observe(opened(a));
    inventory_.settle_all();
    inventory_.take_changes();
  }

  Inventory inventory_{InventoryRules{}, {}};
};

TEST_F(InventoryTest, TheFirstPortsOfAHostBelongToItsAnnouncement) {
  inventory_.observe(opened({.time = 0}));
  inventory_.observe(opened({.time = 1, .port = 443}));
  EXPECT_THAT(changes(), IsEmpty());
  inventory_.observe(opened({.time = 10, .port = 22}));
  EXPECT_THAT(changes(),
              ElementsAre("new_host 198.51.100.7 80 443", "new_port 198.51.100.7:22 was unknown"));
}

TEST_F(InventoryTest, OnlyAHandshakeProvesAnOpenPort) {
  inventory_.observe(event_of({}, EventKind::Open, Outcome::Open, "S"));   // one direction only
  inventory_.observe(event_of({}, EventKind::Open, Outcome::Open, "^h"));  // a lone SYN-ACK
  inventory_.observe(record({}, Outcome::HalfOpen, "Sh"));
  inventory_.observe(record({}, Outcome::Unanswered, "S"));
  inventory_.observe(unreachable({}));
  inventory_.observe(forged({}));
  inventory_.settle_all();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(inventory_.counts().hosts, 0u);
}

TEST_F(InventoryTest, ARefusalClosesAPortOnceNothingContradictsIt) {
  learn({.time = 0});
  inventory_.observe(refused({.time = 100}));
  inventory_.observe(opened({.time = 102}));  // the service was restarted
  inventory_.advance(at(200));
  EXPECT_THAT(changes(), IsEmpty());
  inventory_.observe(refused({.time = 300}));
  inventory_.observe(refused({.time = 303}));
  EXPECT_THAT(changes(), IsEmpty());
  inventory_.advance(at(305.1));
  EXPECT_THAT(changes(), ElementsAre("closed 198.51.100.7:80 was open"));
  EXPECT_EQ(port("198.51.100.7", 80)->last_change, at(300));
  EXPECT_EQ(inventory_.counts().open_ports, 0u);
}

TEST_F(InventoryTest, AForgedRstChangesNothing) {
  learn({.time = 0});
  for (int i = 0; i < 100; ++i) inventory_.observe(forged({.time = 100.0 + i}));
  inventory_.settle_all();
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(port("198.51.100.7", 80)->state, PortState::Open);
}

TEST_F(InventoryTest, SilenceNeedsTwoAttemptsWhileTheHostAnswers) {
  learn({.time = 0});
  learn({.time = 0, .port = 443});
  inventory_.observe(unanswered({.time = 100}));
  inventory_.observe(unanswered({.time = 120}));
  inventory_.settle_all();
  EXPECT_THAT(changes(), IsEmpty());  // nothing answered meanwhile: perhaps the path is broken

  inventory_.observe(opened({.time = 200, .port = 443}));
  inventory_.observe(unanswered({.time = 195}));
  inventory_.settle_all();
  EXPECT_THAT(changes(), IsEmpty());  // one attempt
  inventory_.observe(opened({.time = 300, .port = 443}));
  inventory_.observe(unanswered({.time = 295}));
  inventory_.settle_all();
  EXPECT_THAT(changes(), ElementsAre("silent 198.51.100.7:80 was open"));
}

TEST_F(InventoryTest, TheFirstProofOfAPortIsNoUnansweredAttempt) {
  learn({.time = 0});
  inventory_.observe(opened({.time = 100}));
  inventory_.observe(unanswered({.time = 100, .port = 81}));
  EXPECT_FALSE(port("198.51.100.7", 81)->is_proven());
  inventory_.observe(refused({.time = 200, .port = 81}));
  EXPECT_EQ(port("198.51.100.7", 81)->first_proof, at(200));
}

TEST_F(InventoryTest, ANetworkThatAnswersShowsThatAHostIsSilent) {
  learn({.time = 0});
  learn({.time = 0, .server = "198.51.100.8"});
  for (const double time : {100.0, 200.0}) {
    inventory_.observe(opened({.time = time, .server = "198.51.100.8"}));
    inventory_.observe(unanswered({.time = time}));
  }
  inventory_.settle_all();
  EXPECT_THAT(changes(), ElementsAre("silent 198.51.100.7:80 was open"));
}

TEST_F(InventoryTest, AnOutageThatIsOverIsNoSilence) {
  learn({.time = 0});
  inventory_.observe(opened({.time = 30}));      // answers again
  inventory_.observe(unanswered({.time = 12}));  // reported late
  inventory_.observe(unanswered({.time = 22}));
  inventory_.settle_all();
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(InventoryTest, AnIcmpErrorMakesAKnownPortUnreachable) {
  learn({.time = 0});
  inventory_.observe(unreachable({.time = 50}));
  inventory_.observe(unreachable({.time = 50, .server = "203.0.113.5"}));
  inventory_.settle_all();
  EXPECT_THAT(changes(), ElementsAre("unreachable 198.51.100.7:80 was open"));
  EXPECT_EQ(port("198.51.100.7", 80)->icmp, 13);
  EXPECT_EQ(inventory_.counts().hosts, 1u);
}

TEST_F(InventoryTest, AnOpenPortWithoutProofIsGone) {
  learn({.time = 0});
  inventory_.expire(at(6 * 86'400));
  EXPECT_THAT(changes(), IsEmpty());
  inventory_.expire(at(8 * 86'400));
  EXPECT_THAT(changes(), ElementsAre("gone 198.51.100.7:80 was open"));
  inventory_.expire(at(9 * 86'400));
  EXPECT_THAT(changes(), IsEmpty());
  inventory_.observe(opened({.time = 10 * 86'400}));
  EXPECT_THAT(changes(), ElementsAre("reopened 198.51.100.7:80 was gone"));
}

TEST_F(InventoryTest, FlappingIsDamped) {
  learn({.time = 0});
  std::size_t reported = 0;
  for (int i = 0; i < 200; ++i) {  // it changes every 10 s for over an hour
    inventory_.observe(refused({.time = 100.0 + 20 * i}));
    inventory_.observe(opened({.time = 110.0 + 20 * i}));
    reported += changes().size();
  }
  EXPECT_GE(reported, 2u);
  EXPECT_LE(reported, 8u);
  inventory_.observe(refused({.time = 5000}));
  inventory_.settle_all();
  EXPECT_EQ(port("198.51.100.7", 80)->state, PortState::Closed);
}

TEST_F(InventoryTest, APortThatWasRefusedBeforeIsANewPort) {
  learn({.time = 0, .port = 443});
  inventory_.observe(refused({.time = 1}));
  inventory_.observe(opened({.time = 50}));
  EXPECT_THAT(changes(), ElementsAre("new_port 198.51.100.7:80 was closed"));
}

TEST_F(InventoryTest, AScanOfClosedPortsStaysSmall) {
  for (std::uint16_t number = 1; number <= 5000; ++number)
    inventory_.observe(refused({.time = number * 0.001, .port = number}));
  const HostEntry* host = inventory_.table().find(*Address::parse("198.51.100.7"));
  ASSERT_NE(host, nullptr);
  EXPECT_EQ(host->ports.size(), 32u);
  ASSERT_TRUE(host->closed);
  EXPECT_EQ(host->closed->to_string(), "33-5000");
  inventory_.observe(opened({.time = 10, .port = 4000}));
  inventory_.settle_all();
  EXPECT_THAT(changes(), ElementsAre("new_host 198.51.100.7 4000"));
  EXPECT_EQ(host->closed->to_string(), "33-3999,4001-5000");
  EXPECT_EQ(port("198.51.100.7", 4000)->was, PortState::Closed);
  inventory_.observe(opened({.time = 20, .port = 1}));  // one entry less that never was open
  inventory_.observe(refused({.time = 21, .port = 5000}));
  EXPECT_EQ(port("198.51.100.7", 5000)->last_change, at(21));
}

TEST_F(InventoryTest, AFullTableRefusesHostsAndCountsThem) {
  Inventory small({.max_hosts = 2, .watch = nullptr, .expect = nullptr}, {});
  for (const char* server : {"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.1"})
    small.observe(opened({.server = server}));
  EXPECT_EQ(small.counts().hosts, 2u);
  EXPECT_EQ(small.counts().hosts_not_stored, 1u);
}

TEST_F(InventoryTest, AnotherProgramOnAPortIsAChange) {
  inventory_.observe(opened({.time = 0}), "nginx (user www, pid 7)");
  inventory_.observe(opened({.time = 10}), "nginx (user www, pid 8)");
  inventory_.observe(opened({.time = 20}));
  changes();
  inventory_.observe(opened({.time = 30}), "nc (user eve, pid 9)");
  const auto found = inventory_.take_changes();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, ChangeKind::NewProcess);
  EXPECT_EQ(found[0].port.process, "nc (user eve, pid 9)");
  EXPECT_EQ(found[0].evidence, "before: nginx (user www, pid 8)");
}

TEST_F(InventoryTest, AlertsBeginAfterLearning) {
  learn({.time = 0});
  inventory_.observe(opened({.time = 10, .port = 443}));
  EXPECT_THAT(changes(), ElementsAre("new_port 198.51.100.7:443 was unknown"));
  inventory_.end_learning();
  inventory_.observe(opened({.time = 20, .port = 8080}));
  inventory_.observe(refused({.time = 30}));
  inventory_.settle_all();
  EXPECT_THAT(changes(), ElementsAre("new_port 198.51.100.7:8080 was unknown !",
                                     "closed 198.51.100.7:80 was open !"));
}

TEST_F(InventoryTest, ExpectedPortsAlertOnlyWhenTheyDisappear) {
  const auto list = WatchList::parse("198.51.100.7 80,443", "expected");
  ASSERT_TRUE(list);
  Inventory inventory({.watch = nullptr, .expect = *list}, {});
  inventory.end_learning();
  inventory.observe(opened({.time = 0}));
  inventory.observe(opened({.time = 10, .port = 443}));
  inventory.observe(opened({.time = 20, .port = 22}));
  inventory.observe(refused({.time = 30, .port = 443}));
  inventory.settle_all();
  std::vector<bool> alerts;
  for (const Change& change : inventory.take_changes()) alerts.push_back(change.alert);
  EXPECT_THAT(alerts, ElementsAre(false, false, true, true));
}

TEST_F(InventoryTest, OnlyWatchedPortsAreKept) {
  const auto list = WatchList::parse("198.51.100.0/24 443", "watched");
  ASSERT_TRUE(list);
  Inventory inventory({.watch = *list, .expect = nullptr}, {});
  inventory.observe(opened({.port = 80}));
  inventory.observe(opened({.port = 443}));
  inventory.observe(opened({.server = "203.0.113.1", .port = 443}));
  EXPECT_EQ(inventory.counts().hosts, 1u);
  EXPECT_EQ(inventory.counts().open_ports, 1u);
}

TEST_F(InventoryTest, AClockThatStepsBackDelaysNothing) {
  learn({.time = 10'000});
  inventory_.observe(refused({.time = 10'001}));
  inventory_.observe(opened({.time = 5, .port = 22}));  // three hours earlier
  EXPECT_THAT(changes(), ElementsAre("closed 198.51.100.7:80 was open",
                                     "new_port 198.51.100.7:22 was unknown"));
  inventory_.observe(refused({.time = 20, .port = 22}));
  inventory_.advance(at(40));
  EXPECT_THAT(changes(), ElementsAre("closed 198.51.100.7:22 was open"));
}

TEST_F(InventoryTest, AFirstContactIsReportedOnceAfterLearning) {
  const Address client = *Address::parse("192.0.2.1");
  Inventory inventory({.watch = nullptr,
                       .expect = nullptr,
                       .is_local = [&](const Address& a) { return a == client; }},
                      {});
  inventory.observe(opened({.time = 0}));
  inventory.settle_all();
  EXPECT_EQ(inventory.take_contacts().size(), 1u);
  inventory.take_changes();
  inventory.end_learning();
  inventory.observe(opened({.time = 10, .client = "192.0.2.9"}));
  inventory.observe(opened({.time = 20}));
  EXPECT_THAT(inventory.take_changes(), IsEmpty());
  inventory.observe(opened({.time = 30, .port = 443}));
  inventory.observe(opened({.time = 40, .port = 443}));
  const auto found = inventory.take_changes();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, ChangeKind::NewPort);
  EXPECT_EQ(found[1].kind, ChangeKind::FirstContact);
  EXPECT_EQ(found[1].client, client);
  EXPECT_TRUE(found[1].alert);
}

TEST_F(InventoryTest, NoTwoChangesShareAnId) {
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) {
    inventory_.observe(refused({.time = 1000.0 * i}));
    inventory_.observe(opened({.time = 1000.0 * i + 500}));
    for (const Change& change : inventory_.take_changes()) ids.push_back(change.id);
  }
  const std::size_t all = ids.size();
  EXPECT_GT(all, 10u);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()) - ids.begin(), static_cast<std::ptrdiff_t>(all));
}

TEST_F(InventoryTest, ALoneSynAckIsProvisionalAndNoChange) {
  Event lone = record({.time = 0, .port = 8080}, Outcome::Backscatter, "h");
  inventory_.observe(lone);
  inventory_.settle_all();
  EXPECT_THAT(inventory_.take_changes(), IsEmpty());
  ASSERT_NE(port("198.51.100.7", 8080), nullptr);
  EXPECT_EQ(port("198.51.100.7", 8080)->state, PortState::Provisional);
  EXPECT_EQ(inventory_.counts().hosts_with_open_ports, 0u);
  inventory_.observe(record({.time = 1, .port = 8081}, Outcome::Backscatter, "r"));
  EXPECT_EQ(port("198.51.100.7", 8081), nullptr);
  // A handshake proves the port; a lone SYN-ACK later changes nothing.
  inventory_.observe(opened({.time = 60, .port = 8080}));
  inventory_.observe(lone);
  inventory_.settle_all();
  const auto changes = inventory_.take_changes();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, ChangeKind::NewHost);
  EXPECT_EQ(port("198.51.100.7", 8080)->state, PortState::Open);
}

TEST_F(InventoryTest, ForgedSynAcksAddFewHosts) {
  for (unsigned i = 0; i < 3000; ++i) {
    const std::string server = fmt::format("203.0.{}.{}", i / 250, i % 250);
    inventory_.observe(record({.time = 0, .server = server.c_str()}, Outcome::Backscatter, "h"));
  }
  EXPECT_EQ(inventory_.counts().hosts, 1000u);
}

}  // namespace
}  // namespace synfin
