// AddressSet against a list of blocks.
#include "synfin/filter/address_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace synfin {
namespace {

Address parsed(const char* text) { return Address::parse(text).value(); }

AddressSet set_of(std::initializer_list<const char*> blocks) {
  AddressSet set;
  for (const char* block : blocks) set.add(*Cidr::parse(block));
  set.build();
  return set;
}

TEST(AddressSet, EdgesOfBlocks) {
  const AddressSet set = set_of({"192.0.2.64/26", "10.0.0.0/8", "198.51.100.7", "2001:db8::/32"});
  for (const char* in : {"192.0.2.64", "192.0.2.127", "10.0.0.0", "10.255.255.255", "10.9.0.0",
                         "198.51.100.7", "2001:db8::", "2001:db8:ffff::1"}) {
    EXPECT_TRUE(set.contains(parsed(in))) << in;
  }
  for (const char* out : {"192.0.2.63", "192.0.2.128", "9.255.255.255", "11.0.0.0", "198.51.100.6",
                          "198.51.100.8", "2001:db7::", "2001:db9::", "::"}) {
    EXPECT_FALSE(set.contains(parsed(out))) << out;
  }
}

TEST(AddressSet, WholeFamilies) {
  const AddressSet v4 = set_of({"0.0.0.0/0", "255.255.255.255", "1.2.3.4"});
  EXPECT_TRUE(v4.contains(parsed("0.0.0.0")) && v4.contains(parsed("255.255.255.255")));
  EXPECT_FALSE(v4.contains(parsed("::1")));
  const AddressSet v6 = set_of({"::/0"});
  EXPECT_TRUE(v6.contains(parsed("ffff::")));
}

TEST(AddressSet, EmptyContainsNothing) {
  EXPECT_FALSE(AddressSet{}.contains(parsed("192.0.2.1")));
  EXPECT_FALSE(set_of({}).contains(parsed("192.0.2.1")));
}

TEST(AddressSet, EqualsAListOfIpv6Blocks) {
  std::mt19937 random(8);
  const auto some_address = [&] {
    const std::uint64_t high = 0x20010DB800000000 | (random() & 0x3F) << 16 | (random() & 3);
    return Address::from_halves(high, random() & 0xF);
  };
  std::vector<Cidr> blocks;
  AddressSet set;
  for (int i = 0; i < 60; ++i) {
    constexpr unsigned kLengths[] = {48, 63, 64, 65, 126, 127, 128};
    blocks.push_back(Cidr::of(some_address(), kLengths[i % 7]));
    set.add(blocks.back());
  }
  set.build();
  set.build();
  int hits = 0, misses = 0;
  for (int i = 0; i < 50'000; ++i) {
    const Address probe = some_address();
    const bool expected = std::any_of(blocks.begin(), blocks.end(),
                                      [&](const Cidr& block) { return block.contains(probe); });
    ASSERT_EQ(set.contains(probe), expected) << probe.to_string();
    hits += expected;
    misses += !expected;
  }
  EXPECT_GT(hits, 100);
  EXPECT_GT(misses, 100);
}

TEST(AddressSet, EqualsAListOfBlocks) {
  std::mt19937 random(7);
  std::vector<Cidr> blocks;
  AddressSet set;
  for (int i = 0; i < 300; ++i) {
    blocks.push_back(Cidr::of(Address::from_v4(static_cast<std::uint32_t>(random()) & 0x0FFFFFFF),
                              12 + static_cast<unsigned>(random() % 21)));
    set.add(blocks.back());
  }
  set.build();
  int hits = 0;
  for (int i = 0; i < 50'000; ++i) {
    const Address probe = Address::from_v4(static_cast<std::uint32_t>(random()) & 0x1FFFFFFF);
    const bool expected = std::any_of(blocks.begin(), blocks.end(),
                                      [&](const Cidr& block) { return block.contains(probe); });
    ASSERT_EQ(set.contains(probe), expected) << probe.to_string();
    hits += expected;
  }
  EXPECT_GT(hits, 100);
}

}  // namespace
}  // namespace synfin
