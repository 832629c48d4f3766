// Blocks of addresses: what they hold, at their edges, and what is none.
#include "synfin/base/cidr.h"

#include <gtest/gtest.h>

#include <string>

namespace synfin {
namespace {

TEST(Cidr, HoldsItsFirstAndLastAddressAndNoneBeside) {
  const struct {
    const char* block;
    const char* inside[2];
    const char* outside[2];
  } cases[] = {
      {"192.0.2.0/24", {"192.0.2.0", "192.0.2.255"}, {"192.0.1.255", "192.0.3.0"}},
      {"192.0.2.77/24", {"192.0.2.0", "192.0.2.255"}, {"192.0.1.255", "192.0.3.0"}},
      {"192.0.2.5", {"192.0.2.5", "192.0.2.5"}, {"192.0.2.4", "192.0.2.6"}},
      {"192.0.2.4/31", {"192.0.2.4", "192.0.2.5"}, {"192.0.2.3", "192.0.2.6"}},
      {"128.0.0.0/1", {"128.0.0.0", "255.255.255.255"}, {"127.255.255.255", "8000::"}},
      {"0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::", "2001:db8::"}},
      {"2001:db8::/32", {"2001:db8::", "2001:db8:ffff::"}, {"2001:db7:ffff::", "2001:db9::"}},
      {"2001:db8::/64", {"2001:db8::", "2001:db8::ffff:0:0:0"}, {"2001:db8:0:1::", "192.0.2.1"}},
      {"2001:db8::/65", {"2001:db8::", "2001:db8::7fff:0:0:0"}, {"2001:db8::8000:0:0:0", "::"}},
      {"2001:db8::1/128", {"2001:db8::1", "2001:db8::1"}, {"2001:db8::", "2001:db8::2"}},
      {"::/0", {"::", "2001:db8::"}, {}},
  };
  for (const auto& c : cases) {
    const auto block = Cidr::parse(c.block);
    ASSERT_TRUE(block) << c.block;
    for (const char* address : c.inside) {
      EXPECT_TRUE(block->contains(*Address::parse(address))) << c.block << ' ' << address;
    }
    for (const char* address : c.outside) {
      if (address == nullptr) continue;
      EXPECT_FALSE(block->contains(*Address::parse(address))) << c.block << ' ' << address;
    }
  }
}

TEST(Cidr, WhatIsNone) {
  for (const char* text :
       {"", "/", "/8", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/8 ",
        "192.0.2.0/8/8", "192.0.2.0/0x8", "192.0.2.0/4294967296", "192.0.2/24", " 192.0.2.0/24",
        "2001:db8::/129", "2001:db8::%eth0/64", "example.com/24"}) {
    EXPECT_FALSE(Cidr::parse(text)) << text;
  }
}

TEST(Cidr, ABlockOfIpv6ContainsNoIpv4) {
  const auto all = Cidr::parse("::/0");
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->contains(*Address::parse("2001:db8::1")));
  EXPECT_FALSE(all->contains(*Address::parse("192.0.2.1")));
  EXPECT_TRUE(Cidr::parse("0.0.0.0/0")->contains(*Address::parse("192.0.2.1")));
  EXPECT_FALSE(Cidr::parse("0.0.0.0/0")->contains(*Address::parse("2001:db8::1")));
}

}  // namespace
}  // namespace synfin
