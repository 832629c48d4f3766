// Expressions about addresses, ports and protocols select connections; all others are refused.
#include "log/tuple_filter.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

const FiveTuple kTuple{{Address::parse("192.0.2.1").value(), 40000},
                       {Address::parse("198.51.100.7").value(), 443}};
const FiveTuple kTuple6{{Address::parse("2001:db8::1").value(), 40000},
                        {Address::parse("2001:db8:1::2").value(), 22}};

bool matches(const std::string& expression, const FiveTuple& tuple) {
  auto filter = TupleFilter::create(expression);
  EXPECT_TRUE(filter) << expression << ": " << (filter ? "" : filter.error().message);
  return filter && filter->matches(tuple);
}

TEST(TupleFilter, SelectsByTheTuple) {
  for (const char* expression :
       {"tcp", "port 443", "host 192.0.2.1", "net 198.51.100.0/24", "dst port 443", "src port 443",
        "tcp and not port 80", "portrange 440-450", "ip", "host 192.0.2.1 and port 443"})
    EXPECT_TRUE(matches(expression, kTuple)) << expression;
  for (const char* expression : {"udp", "port 80", "host 192.0.2.9", "ip6", "not tcp"})
    EXPECT_FALSE(matches(expression, kTuple)) << expression;
  EXPECT_TRUE(matches("host 2001:db8::1", kTuple6));
  EXPECT_TRUE(matches("ip6 and port 22", kTuple6));
  EXPECT_TRUE(matches("net 2001:db8:1::/48", kTuple6));
  EXPECT_FALSE(matches("net 2001:db8:2::/48", kTuple6));
}

TEST(TupleFilter, RefusesWhatALogDoesNotHave) {
  for (const char* expression :
       {"tcp[tcpflags] & tcp-syn != 0", "greater 100", "vlan", "vlan 5", "ether host 2:0:0:0:0:1",
        "ip[8] < 5", "tcp port 80 and tcp[13] = 2", "mpls", "ether broadcast"}) {
    const auto filter = TupleFilter::create(expression);
    ASSERT_FALSE(filter) << expression;
    EXPECT_EQ(filter.error().kind, ErrorKind::Usage);
  }
  EXPECT_FALSE(TupleFilter::create("no such word ("));
}

}  // namespace
}  // namespace synfin
