// What the inventory keeps of hosts that show very many ports.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inventory/port_ranges.h"
#include "inventory/state_pack.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory_tables.h"
#include "unit/inventory/inventory_events.h"

namespace synfin {
namespace {

using namespace inventory_test;
using testing::IsEmpty;
using testing::SizeIs;

class InventoryBoundsTest : public testing::Test {
 protected:
  /// Opens `count` ports of a host from `first` on, within a second.
  void open_ports(double time, unsigned first, unsigned count, const char* server = kServer) {
    for (unsigned i = 0; i < count; ++i) {
      const auto port = static_cast<std::uint16_t>(first + i);
      inventory_.observe(opened({.time = time + i * 1e-5, .server = server, .port = port}));
    }
  }
  HostEntry& host(const char* server = kServer) {
    return *inventory_.table().find(*Address::parse(server));
  }
  const PortEntry* entry(unsigned port) { return host().find(port << 8 | 6); }
  std::vector<Change> changes() {
    inventory_.settle_all();
    return inventory_.take_changes();
  }

  static constexpr const char* kServer = "198.51.100.7";
  Inventory inventory_{InventoryRules{}, {}};
};

TEST_F(InventoryBoundsTest, AHostWithAllPortsOpenKeepsSomeAndCountsTheRest) {
  open_ports(0, 1, 65'535);
  EXPECT_THAT(host().ports, SizeIs(HostTable::kMaxPorts));
  ASSERT_TRUE(host().more_open);
  EXPECT_EQ(host().more_open->to_string(), "1025-65535");
  const std::vector<Change> found = changes();
  ASSERT_THAT(found, SizeIs(1));  // and no new_port for each of them
  EXPECT_THAT(found[0].ports, SizeIs(kMaxListedPorts));
  EXPECT_EQ(found[0].more_ports, 65'535 - kMaxListedPorts);
  EXPECT_EQ(found[0].evidence, "65535 ports completed a handshake");
  EXPECT_EQ(inventory_.counts().open_ports, 65'535u);
  EXPECT_EQ(inventory_.counts().open_without_entry, 65'535 - HostTable::kMaxPorts);
  EXPECT_EQ(inventory_.counts().ports_not_stored, 0u);
}

TEST_F(InventoryBoundsTest, PortsWithoutAnEntryAreNeverReported) {
  open_ports(0, 1, 1030);
  (void)changes();
  open_ports(10, 1025, 20);
  inventory_.observe(refused({.time = 20, .port = 1030}));
  inventory_.observe(unanswered({.time = 15, .port = 1029}));
  inventory_.observe(unanswered({.time = 16, .port = 1029}));
  inventory_.observe(unreachable({.time = 60, .port = 1028}));
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(host().more_open->to_string(), "1025-1029,1031-1044");
  EXPECT_EQ(entry(1029), nullptr);
  inventory_.expire(at(3600 * 24 * 30));
  EXPECT_THAT(changes(), SizeIs(1024));  // gone
  EXPECT_FALSE(host().more_open);
}

TEST_F(InventoryBoundsTest, AnOpenPortTakesThePlaceOfOneThatIsNot) {
  open_ports(0, 1, 1024);
  (void)changes();
  inventory_.observe(refused({.time = 100, .port = 7}));
  EXPECT_THAT(changes(), SizeIs(1));
  open_ports(200, 5000, 1);
  const std::vector<Change> found = changes();
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].kind, ChangeKind::NewPort);
  EXPECT_EQ(found[0].port.port, 5000);
  EXPECT_EQ(entry(7), nullptr);
  EXPECT_EQ(host().closed->to_string(), "7");
  EXPECT_EQ(host().open_ports, 1024u);
  EXPECT_EQ(host().idle_ports, 0u);
}

TEST_F(InventoryBoundsTest, APortThatGetsRoomLaterIsNoChange) {
  open_ports(0, 1, 1025);
  (void)changes();
  inventory_.observe(refused({.time = 100, .port = 7}));
  (void)changes();
  open_ports(200, 1025, 1);
  EXPECT_THAT(changes(), IsEmpty());
  ASSERT_NE(entry(1025), nullptr);
  EXPECT_EQ(entry(1025)->state, PortState::Open);
  EXPECT_EQ(host().open_without_entry(), 0u);
  inventory_.observe(refused({.time = 300, .port = 1025}));
  EXPECT_THAT(changes(), SizeIs(1));
}

TEST_F(InventoryBoundsTest, AllHostsShareRoomButEachHasItsOwn) {
  Inventory small({.max_hosts = 100, .watch = nullptr, .expect = nullptr}, {});
  for (unsigned h = 0; h < 30; ++h) {
    const std::string server = fmt::format("198.51.100.{}", h);
    for (std::uint16_t port = 1; port <= 1000; ++port)
      small.observe(opened({.time = h * 0.1, .server = server.c_str(), .port = port}));
  }
  std::size_t entries = 0;
  for (const HostEntry& each : small.table().hosts()) {
    EXPECT_GE(each.ports.size(), HostTable::kOwnPorts);
    entries += each.ports.size();
  }
  EXPECT_EQ(entries, 8192 + 30 * HostTable::kOwnPorts);
  EXPECT_EQ(small.counts().open_ports, 30'000u);
}

TEST_F(InventoryBoundsTest, RefusedPortsAreABoundedNumberOfRanges) {
  for (unsigned port = 1; port < 65'535; port += 2)
    inventory_.observe(refused({.time = port * 1e-4, .port = static_cast<std::uint16_t>(port)}));
  EXPECT_THAT(host().closed->ranges(), SizeIs(HostTable::kMaxRanges));
  EXPECT_EQ(inventory_.counts().ports_not_stored,
            32'767 - HostTable::kMaxIdlePorts - HostTable::kMaxRanges);
}

TEST_F(InventoryBoundsTest, ThePortsOfADeviceMoveWithinTheBounds) {
  constexpr std::uint64_t kDevice = 0x00005E0053AF;
  inventory_.note_mac(*Address::parse(kServer), kDevice, true);
  open_ports(0, 1, 2000);
  (void)changes();
  inventory_.note_mac(*Address::parse("198.51.100.8"), kDevice, true);
  open_ports(100, 1999, 2, "198.51.100.8");
  open_ports(101, 3000, 1, "198.51.100.8");
  const std::vector<Change> found = changes();
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].kind, ChangeKind::Moved);
  EXPECT_THAT(found[0].ports, SizeIs(kMaxListedPorts));
  EXPECT_EQ(found[0].more_ports, 2001 - kMaxListedPorts);
  EXPECT_EQ(found[1].port.port, 3000);
  EXPECT_EQ(inventory_.counts().open_ports, 2001u);
  EXPECT_THAT(host("198.51.100.8").ports, SizeIs(HostTable::kMaxPorts));
  EXPECT_TRUE(host().is_empty());
}

TEST_F(InventoryBoundsTest, ListsSayHowManyPortsTheyLack) {
  open_ports(0, 1, 3000);
  (void)changes();
  const auto no_name = [](std::uint16_t) { return std::string_view{}; };
  EXPECT_THAT(ports_text(host(), PortState::Open, no_name),
              testing::EndsWith(", 1024 and 1,976 more"));
  const HostEntry* const hosts[] = {&host()};
  EXPECT_EQ(ports_table(inventory_, hosts, {}, no_name, Zone::Utc).note,
            "198.51.100.7: 1,976 more ports are open, without details");
  const std::uint16_t only[] = {80, 2000};
  EXPECT_EQ(ports_table(inventory_, hosts, only, no_name, Zone::Utc).note,
            "198.51.100.7: 1 more port is open, without details");
}

TEST_F(InventoryBoundsTest, ChangesKeepTheNumberOfTheirPorts) {
  open_ports(0, 1, 3000);
  inventory_.settle_all();
  const std::vector<ChangeNote> notes = inventory_.take_notes();
  ASSERT_THAT(notes, SizeIs(1));
  PackedChanges from_note, from_text;
  from_note.add(notes[0], inventory_);
  from_text.add(inventory_.expand(notes[0]));
  for (const PackedChanges* packed : {&from_note, &from_text}) {
    EXPECT_LT(packed->blocks()[0].bytes.size(), 500u);
    std::vector<Change> found;
    ASSERT_TRUE(unpack_changes(packed->blocks()[0].bytes, found));
    EXPECT_THAT(found[0].ports, SizeIs(kMaxListedPorts));
    EXPECT_EQ(found[0].more_ports, 3000 - kMaxListedPorts);
    EXPECT_EQ(found[0].evidence, "3000 ports completed a handshake");
  }
}

/// A file of an earlier version has all ports of a host.
TEST_F(InventoryBoundsTest, ManyStoredPortsAreReadWithinTheBounds) {
  open_ports(0, 1, 1);
  for (std::uint32_t port = 2; port <= 3000; ++port) {
    PortEntry& added = host().add(port << 8 | 6);
    added.state = port % 2 == 0 ? PortState::Open : PortState::Gone;
    added.opened = true;
  }
  Inventory again({}, {});
  HostEntry& loaded = *again.table().add(host().ip);
  ASSERT_TRUE(unpack_ports(pack_ports(inventory_, host()), again, loaded));
  EXPECT_THAT(loaded.ports, SizeIs(HostTable::kMaxPorts));
  EXPECT_EQ(loaded.open_without_entry(), (3000 - HostTable::kMaxPorts) / 2);
}

}  // namespace
}  // namespace synfin
