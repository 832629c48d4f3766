// Addresses of the store: hosts, ports, the database, and what is refused with which reason.
#include "store/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin::test {
namespace {

using testing::HasSubstr;

std::string endpoints(const char* text) {
  const auto url = parse_store_url(text);
  if (!url) return url.error().message;
  std::string all;
  for (std::size_t i = 0; i < url->hosts.size(); ++i) all += url->endpoint(i) + " ";
  return all + url->database;
}

TEST(StoreUrl, HostsAndPorts) {
  EXPECT_EQ(endpoints("clickhouse://db/synfin"), "http://db:8123/ synfin");
  EXPECT_EQ(endpoints("clickhouses://db.example.net/s_1"), "https://db.example.net:8443/ s_1");
  EXPECT_EQ(endpoints("clickhouse://a,b:9000/x"), "http://a:9000/ http://b:9000/ x");
  EXPECT_EQ(endpoints("clickhouse://a:1,b,c:2/x"), "http://a:1/ http://b:2/ http://c:2/ x");
  EXPECT_EQ(endpoints("clickhouse://[2001:db8::1],192.0.2.1/x"),
            "http://[2001:db8::1]:8123/ http://192.0.2.1:8123/ x");
}

TEST(StoreUrl, RefusesWithAReason) {
  EXPECT_THAT(endpoints("http://a/x"), HasSubstr("begins with clickhouse://"));
  EXPECT_THAT(endpoints("clickhouse://a"), HasSubstr("database is missing"));
  EXPECT_THAT(endpoints("clickhouse://a/"), HasSubstr("letters, digits"));
  EXPECT_THAT(endpoints("clickhouse://a/x;DROP"), HasSubstr("letters, digits"));
  EXPECT_THAT(endpoints("clickhouse://a/x/y"), HasSubstr("letters, digits"));
  EXPECT_THAT(endpoints("clickhouse:///x"), HasSubstr("a host is"));
  EXPECT_THAT(endpoints("clickhouse://a,/x"), HasSubstr("a host is"));
  EXPECT_THAT(endpoints("clickhouse://a b/x"), HasSubstr("a host is"));
  EXPECT_THAT(endpoints("clickhouse://[::1/x"), HasSubstr("a host is"));
  EXPECT_THAT(endpoints("clickhouse://[name]/x"), HasSubstr("a host is"));
  EXPECT_THAT(endpoints("clickhouse://a:0/x"), HasSubstr("a port is"));
  EXPECT_THAT(endpoints("clickhouse://a:65536/x"), HasSubstr("a port is"));
  EXPECT_THAT(endpoints("clickhouse://[::1]x/x"), HasSubstr("separated by commas"));
  EXPECT_THAT(endpoints("clickhouse://user:secret@a/x"), HasSubstr("[clickhouse]"));
}

TEST(StoreUrl, NoReasonRepeatsWhatMayBeAPassword) {
  for (const char* text :
       {"clickhouse://user:secret@a/x", "clickhouse://user:secret@a",
        "clickhouse://user:se/cret@a/x", "clickhouse://user:secret/x",
        "clickhous://user:secret@a/x", "user:secret@a/x", "clickhouse://user:x@a/secret;"}) {
    EXPECT_FALSE(parse_store_url(text)) << text;
    EXPECT_THAT(endpoints(text), testing::Not(HasSubstr("cret"))) << text;
  }
}

TEST(StoreUrl, KnowsLoopback) {
  EXPECT_TRUE(parse_store_url("clickhouse://localhost,127.0.0.2,[::1]/x")->is_loopback());
  EXPECT_FALSE(parse_store_url("clickhouse://localhost,192.0.2.1/x")->is_loopback());
  EXPECT_FALSE(parse_store_url("clickhouse://localhost.example.net/x")->is_loopback());
}

}  // namespace
}  // namespace synfin::test
