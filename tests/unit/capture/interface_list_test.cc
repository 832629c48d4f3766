// The list of interfaces of -D, and the names and numbers that -i accepts.
#include "synfin/capture/interface_list.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace synfin {
namespace {

TEST(InterfaceList, IsAlignedAndNumberedFromOne) {
  const std::vector<InterfaceListing> interfaces = {
      {.name = "eth0",
       .description = "not shown beside addresses",
       .addresses = {"192.0.2.7", "2001:db8::7"},
       .link_type = "EN10MB",
       .up = true,
       .running = true},
      {.name = "lo", .description = {}, .addresses = {}, .link_type = {}, .loopback = true},
      {.name = "any",
       .description = "all of them",
       .addresses = {},
       .link_type = "LINUX_SLL2",
       .up = true,
       .wireless = true}};
  EXPECT_EQ(format_interfaces(interfaces),
            " 1. eth0  up, running     EN10MB      192.0.2.7 2001:db8::7\n"
            " 2. lo    down, loopback\n"
            " 3. any   up, wireless    LINUX_SLL2  all of them\n");
  EXPECT_EQ(format_interfaces({}), "");
  EXPECT_EQ(format_interfaces({interfaces[0]}, 52),
            " 1. eth0  up, running  EN10MB  192.0.2.7 2001:db8::7\n");
  EXPECT_EQ(format_interfaces({interfaces[0]}, 51),
            " 1. eth0  up, running  EN10MB  192.0.2.7\n"
            "                               2001:db8::7\n");
}

TEST(InterfaceList, DescriptionsAreEscaped) {
  const std::string text = format_interfaces(
      {{.name = "a\x1b[2Jb", .description = "c\nd", .addresses = {}, .link_type = {}}});
  EXPECT_EQ(text.find('\x1b'), text.npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(InterfaceList, ANameIsItselfEvenIfItDoesNotExist) {
  for (const char* name : {"lo", "eth99", "any", "", "1x", "-1", "0x1"}) {
    const auto found = interface_name(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(*found, name);
  }
}

TEST(InterfaceList, ANumberIsAPositionInTheList) {
  const auto listed = list_interfaces();
  if (!listed || listed->empty()) GTEST_SKIP() << "no interfaces to list here";
  EXPECT_EQ(*interface_name("1"), listed->front().name);
  EXPECT_EQ(*interface_name(std::to_string(listed->size())), listed->back().name);
  for (const std::string& number : {std::string("0"), std::to_string(listed->size() + 1),
                                    std::string("18446744073709551615")}) {
    const auto found = interface_name(number);
    ASSERT_FALSE(found) << number;
    EXPECT_NE(found.error().message.find(number), std::string::npos);
  }
}

}  // namespace
}  // namespace synfin
