// The texts that --metrics takes, and the socket that it opens.
#include "metrics/listen_address.h"

#include <gtest/gtest.h>

#include "synfin/metrics/metrics_options.h"

namespace synfin {
namespace {

TEST(ListenAddress, DefaultsToLoopback) {
  const auto endpoint = parse_listen_address("9180");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->address, *Address::parse("127.0.0.1"));
  EXPECT_EQ(endpoint->port, 9180);
}

TEST(ListenAddress, TakesAddresses) {
  EXPECT_EQ(parse_listen_address("192.0.2.1:80"), (Endpoint{*Address::parse("192.0.2.1"), 80}));
  EXPECT_EQ(parse_listen_address("[2001:db8::1]:80"),
            (Endpoint{*Address::parse("2001:db8::1"), 80}));
}

TEST(ListenAddress, RefusesOtherTexts) {
  for (const char* const text :
       {"", ":", ":80", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "2001:db8::1:80",
        "[192.0.2.1]:80", "[::1]", "localhost:80", "80x", "-1"})
    EXPECT_FALSE(parse_listen_address(text)) << text;
}

TEST(MetricsSocket, NamesThePortThatItGot) {
  const auto opened = open_metrics_socket({.listen = "0"});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(opened->url.starts_with("http://127.0.0.1:"));
  EXPECT_FALSE(opened->url.starts_with("http://127.0.0.1:0/"));
  const std::string port = opened->url.substr(17, opened->url.rfind('/') - 17);
  const auto again = open_metrics_socket({.listen = port});
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("127.0.0.1:" + port), std::string::npos);
}

TEST(MetricsSocket, IsNotOpenedWithoutTheOption) {
  const auto opened = open_metrics_socket({});
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->descriptor, nullptr);
}

}  // namespace
}  // namespace synfin
