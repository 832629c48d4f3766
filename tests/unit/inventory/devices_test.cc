// MAC addresses: vendors, routers, and devices that change their address.
#include "inventory/devices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "synfin/inventory/host_table.h"
#include "unit/inventory/inventory_events.h"

namespace synfin {
namespace {

using namespace inventory_test;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kMac = 0x00005E0053AF;

TEST(Mac, ParsesWhatItPrints) {
  EXPECT_EQ(format_mac(kMac), "00:00:5e:00:53:af");
  EXPECT_EQ(parse_mac("00:00:5e:00:53:af"), kMac);
  EXPECT_FALSE(parse_mac("00:00:5e:00:53"));
  EXPECT_FALSE(parse_mac("00:00:5e:00:53:g0"));
}

TEST(MacVendors, ReadsTheListOfTheIeee) {
  MacVendors vendors;
  vendors.load(
      "OUI/MA-L        Organization\n\n"
      "00-00-5E   (hex)\t\tICANN\n"
      "00005E     (base 16)\t\tICANN\r\n"
      "\t\t\t\tLos Angeles\n"
      "1      (base 16)\t\tnot a prefix\n"
      "08001A     (base 16)\t\tAnother\n");
  EXPECT_EQ(vendors.name(kMac), "ICANN");
  EXPECT_EQ(vendors.name(0x08001A000001), "Another");
  EXPECT_EQ(vendors.name(0x0A001A000001), "");  // made up by software
  EXPECT_EQ(vendors.name(0x0C0000000001), "");
}

class DevicesTest : public testing::Test {
 protected:
  /// A handshake with the server, whose SYN-ACK came from `mac`.
  void answer(double time, const char* server, std::uint64_t mac = kMac, std::uint16_t port = 80) {
    inventory_.note_mac(*Address::parse(server), mac, true);
    inventory_.observe(opened({.time = time, .server = server, .port = port}));
  }
  std::vector<std::string> changes() {
    inventory_.settle_all();
    std::vector<std::string> texts;
    for (const Change& change : inventory_.take_changes()) {
      texts.push_back(std::string(to_string(change.kind)) + ' ' + change.host.ip.to_string());
      evidence_ = change.evidence;
    }
    return texts;
  }
  const HostEntry& host(const char* ip) { return *inventory_.table().find(*Address::parse(ip)); }

  Inventory inventory_{InventoryRules{}, {}};
  std::string evidence_;
};

TEST_F(DevicesTest, ADeviceThatChangesItsAddressStaysOneDevice) {
  answer(0, "192.0.2.5");
  answer(1, "192.0.2.5", kMac, 22);
  EXPECT_THAT(changes(), ElementsAre("new_host 192.0.2.5"));
  EXPECT_EQ(host("192.0.2.5").about->mac, "00:00:5e:00:53:af");
  answer(100, "192.0.2.77");
  EXPECT_THAT(changes(), ElementsAre("moved 192.0.2.77"));
  EXPECT_EQ(evidence_, "the device was 192.0.2.5 before: its MAC address is the same");
  const HostEntry& now = host("192.0.2.77");
  EXPECT_EQ(now.about->previous, *Address::parse("192.0.2.5"));
  EXPECT_EQ(now.first_seen, at(0));
  EXPECT_EQ(now.open_ports, 2u);  // what was known about it has moved
  EXPECT_TRUE(host("192.0.2.5").is_empty());
  EXPECT_EQ(inventory_.counts().hosts, 1u);
}

TEST_F(DevicesTest, ANewPortOfTheDeviceIsReported) {
  answer(0, "192.0.2.5");
  (void)changes();
  answer(100, "192.0.2.77", kMac, 443);
  EXPECT_THAT(changes(), ElementsAre("moved 192.0.2.77", "new_port 192.0.2.77"));
}

TEST_F(DevicesTest, TheOldAddressCanBelongToAnotherDevice) {
  answer(0, "192.0.2.5");
  (void)changes();
  answer(100, "192.0.2.77");
  (void)changes();
  answer(200, "192.0.2.5", kMac + 1);
  EXPECT_THAT(changes(), ElementsAre("new_host 192.0.2.5"));
  EXPECT_EQ(host("192.0.2.5").first_seen, at(200));
}

TEST_F(DevicesTest, ADeviceWithTwoAddressesDoesNotMove) {
  answer(0, "192.0.2.5");
  (void)changes();
  answer(100, "192.0.2.77");
  answer(101, "192.0.2.5");
  EXPECT_THAT(changes(), ElementsAre("new_host 192.0.2.77"));
  answer(200, "192.0.2.78");  // which of both it was is not known
  EXPECT_THAT(changes(), ElementsAre("new_host 192.0.2.78"));
}

TEST_F(DevicesTest, ADeviceThatReturnsIsReportedAsAHost) {
  answer(0, "192.0.2.5");
  (void)changes();
  answer(100, "192.0.2.77");
  (void)changes();
  answer(200, "192.0.2.5");
  EXPECT_THAT(changes(), ElementsAre("new_host 192.0.2.5"));
}

TEST_F(DevicesTest, BothFamiliesCanHaveTheMacAddress) {
  answer(0, "192.0.2.5");
  (void)changes();
  answer(100, "2001:db8::5");
  EXPECT_THAT(changes(), ElementsAre("new_host 2001:db8::5"));
}

TEST_F(DevicesTest, TheMacAddressOfARouterIsThatOfNoHost) {
  answer(0, "192.0.2.5");
  (void)changes();
  inventory_.note_mac(*Address::parse("203.0.113.9"), kMac, false);
  EXPECT_EQ(host("192.0.2.5").about->mac, "");
  answer(100, "192.0.2.77");
  EXPECT_THAT(changes(), ElementsAre("new_host 192.0.2.77"));
  EXPECT_EQ(host("192.0.2.77").about, nullptr);
}

TEST_F(DevicesTest, AMacAddressWithManyAddressesIsARouters) {
  for (int i = 0; i < 17; ++i) {
    const std::string server = "192.0.2." + std::to_string(i + 1);
    answer(i * 0.1, server.c_str());
  }
  (void)changes();
  for (const HostEntry& each : inventory_.table().hosts())
    EXPECT_TRUE(!each.about || each.about->mac.empty());
}

}  // namespace
}  // namespace synfin
