// Ports and changes as bytes, and back.
#include "inventory/state_pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inventory/packed_bytes.h"
#include "synfin/inventory/host_table.h"
#include "unit/inventory/inventory_events.h"

namespace synfin {
namespace {

using namespace inventory_test;

TEST(PackedBytes, ReadsWhatItWrote) {
  std::string bytes;
  PackedWriter out(bytes);
  const std::int64_t numbers[] = {0, 1, -1, 127, 128, -64, 1LL << 40, INT64_MIN, INT64_MAX};
  for (const std::int64_t number : numbers) {
    out.signed_number(number);
    out.number(static_cast<std::uint64_t>(number));
  }
  const Address addresses[] = {*Address::parse("192.0.2.1"), *Address::parse("2001:db8::1"),
                               Address{}};
  for (const Address& ip : addresses) out.address(ip);
  out.text("a text");
  PackedReader in(bytes);
  for (const std::int64_t number : numbers) {
    EXPECT_EQ(in.signed_number(), number);
    EXPECT_EQ(in.number(), static_cast<std::uint64_t>(number));
  }
  for (const Address& ip : addresses) EXPECT_EQ(in.address(), ip);
  EXPECT_EQ(in.text(), "a text");
  EXPECT_TRUE(in.ok());
  EXPECT_TRUE(in.at_end());
  in.byte();
  EXPECT_FALSE(in.ok());
}

class StatePackTest : public testing::Test {
 protected:
  void SetUp() override {
    inventory_.observe(opened({.time = 0}), "nginx (user www, pid 7)");
    for (int i = 0; i < 40; ++i) {
      const std::string client = "192.0.2." + std::to_string(i);
      inventory_.observe(opened({.time = 1.5 + i, .port = 443, .client = client.c_str()}));
    }
    inventory_.observe(refused({.time = 50, .port = 8080}));
    inventory_.settle_all();
    inventory_.observe(opened({.time = 60, .port = 8443}));
    inventory_.observe(opened({.time = 61, .server = "2001:db8::7", .client = "2001:db8::1"}));
    inventory_.observe(refused({.time = 70}));
    inventory_.settle_all();
  }
  HostEntry& host() { return *inventory_.table().find(*Address::parse("198.51.100.7")); }

  Inventory inventory_{InventoryRules{}, {}};
};

TEST_F(StatePackTest, PortsComeBack) {
  const std::string bytes = pack_ports(inventory_, host());
  Inventory other({}, {});
  HostEntry& again = *other.table().add(host().ip);
  ASSERT_TRUE(unpack_ports(bytes, other, again));
  EXPECT_EQ(again.keys, host().keys);
  EXPECT_EQ(again.open_ports, host().open_ports);
  EXPECT_EQ(again.idle_ports, host().idle_ports);
  for (std::size_t i = 0; i < again.ports.size(); ++i) {
    const PortEntry& a = again.ports[i];
    const PortEntry& b = host().ports[i];
    EXPECT_EQ(a.first_proof, b.first_proof);
    EXPECT_EQ(a.last_proof, b.last_proof);
    EXPECT_EQ(a.last_change, b.last_change);
    EXPECT_EQ(a.attempts, b.attempts);
    EXPECT_EQ(a.successes, b.successes);
    EXPECT_EQ(a.state, b.state);
    EXPECT_EQ(a.was, b.was);
    EXPECT_EQ(a.opened, b.opened);
    EXPECT_EQ(a.evidence.clients(), b.evidence.clients());
    EXPECT_EQ(a.evidence.median_answer(), b.evidence.median_answer());
    EXPECT_EQ(other.process(a.process), inventory_.process(b.process));
  }
}

TEST_F(StatePackTest, DamagedPortsAreRefused) {
  const std::string bytes = pack_ports(inventory_, host());
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    Inventory other({}, {});
    EXPECT_FALSE(
        unpack_ports(std::string_view(bytes).substr(0, size), other, *other.table().add(host().ip)))
        << size;
  }
}

TEST_F(StatePackTest, ChangesComeBackFromNotesAndFromTexts) {
  std::vector<ChangeNote> notes = inventory_.take_notes();
  ASSERT_EQ(notes.size(), 4u);  // two hosts, a port, and one that is closed
  PackedChanges from_notes, from_texts;
  std::vector<Change> expected;
  for (const ChangeNote& note : notes) {
    from_notes.add(note, inventory_);
    expected.push_back(inventory_.expand(note));
    from_texts.add(expected.back());
  }
  for (const PackedChanges* packed : {&from_notes, &from_texts}) {
    ASSERT_EQ(packed->blocks().size(), 1u);
    std::vector<Change> found;
    ASSERT_TRUE(unpack_changes(packed->blocks()[0].bytes, found));
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].id, expected[i].id);
      EXPECT_EQ(found[i].time, expected[i].time);
      EXPECT_EQ(found[i].kind, expected[i].kind);
      EXPECT_EQ(found[i].host.ip, expected[i].host.ip);
      EXPECT_EQ(found[i].port.port, expected[i].port.port);
      EXPECT_EQ(found[i].port.was, expected[i].port.was);
      EXPECT_EQ(found[i].ports.size(), expected[i].ports.size());
      EXPECT_EQ(found[i].evidence, expected[i].evidence);
      EXPECT_EQ(found[i].alert, expected[i].alert);
    }
  }
}

TEST_F(StatePackTest, BlocksAreBounded) {
  const std::vector<Change> changes = inventory_.take_changes();
  PackedChanges packed;
  for (int i = 0; i < 100; ++i) packed.add(changes[0]);
  packed.end_block();
  packed.add(changes[0]);
  ASSERT_EQ(packed.blocks().size(), 3u);
  EXPECT_EQ(packed.blocks()[0].changes, 64u);
  EXPECT_EQ(packed.blocks()[1].changes, 36u);
  EXPECT_EQ(packed.blocks()[2].changes, 1u);
  EXPECT_EQ(packed.size(), 101u);
}

}  // namespace
}  // namespace synfin
