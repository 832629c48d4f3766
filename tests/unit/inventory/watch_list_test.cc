#include "synfin/inventory/watch_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin {
namespace {

Address ip(const char* text) { return *Address::parse(text); }

TEST(WatchList, ListsHostsNetworksAndPorts) {
  const auto list = WatchList::parse(
      "# what is meant to be open\r\n"
      "192.0.2.1 22,80, 8000-8080  # two blanks\n"
      "\n"
      "192.0.2.1\t443 , 500 - 510\n"
      "198.51.100.0/24 1-1000,3306-3310\n"
      "2001:db8::1\n"
      "* 25",
      "list");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_TRUE((*list)->contains(ip("192.0.2.1"), 8001));
  EXPECT_TRUE((*list)->contains(ip("192.0.2.1"), 443));
  EXPECT_TRUE((*list)->contains(ip("192.0.2.1"), 505));
  EXPECT_FALSE((*list)->contains(ip("192.0.2.1"), 81));
  EXPECT_FALSE((*list)->contains(ip("192.0.2.2"), 22));
  EXPECT_TRUE((*list)->contains(ip("198.51.100.77"), 3310));
  EXPECT_FALSE((*list)->contains(ip("198.51.101.77"), 3310));
  EXPECT_TRUE((*list)->contains(ip("2001:db8::1"), 60000));
  EXPECT_TRUE((*list)->contains(ip("203.0.113.9"), 25));
}

TEST(WatchList, NamesTheLineThatIsWrong) {
  for (const auto& [text, message] :
       {std::pair{"192.0.2.1\nexample.org 22", "list, line 2: 'example.org' is not an address"},
        {"192.0.2.1 22-20", "list, line 1: in '192.0.2.1 22-20', '22-20' is not a list of ports"},
        {"192.0.2.1 8 0", "list, line 1: in '192.0.2.1 8 0', '8 0' is not a list of ports"},
        {"* 22 80 # both", "list, line 1: in '* 22 80', '22 80' is not a list of ports"},
        {"192.0.2.1 22, 80\t443", "'22,80 443' is not a list of ports"},
        {"192.0.2.0/33 1", "list, line 1: '192.0.2.0/33' is not"}}) {
    const auto list = WatchList::parse(text, "list");
    ASSERT_FALSE(list) << text;
    EXPECT_THAT(list.error().message, testing::HasSubstr(message));
    EXPECT_EQ(list.error().kind, ErrorKind::Usage);
  }
  EXPECT_FALSE(WatchList::read("/does/not/exist"));
}

}  // namespace
}  // namespace synfin
