// The registered blocks at both ends, and the addresses next to them.
#include "synfin/base/special_purpose.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

TEST(SpecialPurpose, WhatIsNoPublicHost) {
  for (const char* text : {"0.0.0.0",      "0.255.255.255",   "10.0.0.1",   "10.255.255.255",
                           "100.64.0.1",   "100.127.255.255", "127.0.0.1",  "169.254.1.1",
                           "172.16.0.0",   "172.31.255.255",  "192.0.0.8",  "192.0.2.1",
                           "192.88.99.1",  "192.168.255.255", "198.18.0.1", "198.19.255.255",
                           "198.51.100.1", "203.0.113.255",   "224.0.0.1",  "239.255.255.255",
                           "240.0.0.1",    "255.255.255.255", "::",         "::1",
                           "64:ff9b:1::1", "100::1",          "2001:2::1",  "2001:db8::1",
                           "3fff::1",      "5f00::1",         "fc00::1",    "fdff::1",
                           "fe80::1",      "febf::1",         "ff02::1"}) {
    EXPECT_TRUE(is_special_purpose(*Address::parse(text))) << text;
  }
}

TEST(SpecialPurpose, WhatIsPublic) {
  for (const char* text :
       {"1.1.1.1",         "9.255.255.255",   "11.0.0.0",    "100.63.255.255",
        "100.128.0.0",     "126.255.255.255", "128.0.0.0",   "169.253.255.255",
        "172.15.255.255",  "172.32.0.0",      "192.0.0.9",   "192.0.0.10",
        "192.0.1.1",       "192.167.255.255", "192.169.0.0", "198.17.255.255",
        "198.20.0.0",      "223.255.255.255", "::2",         "64:ff9b::1",
        "2001::1",         "2001:20::1",      "2001:200::1", "2001:4860:4860::8888",
        "2606:4700::1111", "fbff::1",         "fec0::1"}) {
    EXPECT_FALSE(is_special_purpose(*Address::parse(text))) << text;
  }
}

TEST(SpecialPurpose, Loopback) {
  for (const char* text : {"127.0.0.1", "127.255.255.255", "::1"}) {
    EXPECT_TRUE(is_loopback(*Address::parse(text))) << text;
  }
  for (const char* text : {"128.0.0.1", "::", "::2", "10.0.0.1"}) {
    EXPECT_FALSE(is_loopback(*Address::parse(text))) << text;
  }
}

}  // namespace
}  // namespace synfin
