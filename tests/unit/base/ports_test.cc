/// \file
/// Tests of src/base/ports.cc.
#include "synfin/base/ports.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

TEST(Ports, SystemPortsAreServices) {
  for (int port = 1; port < 1024; ++port) {
    EXPECT_TRUE(is_service_port(static_cast<std::uint16_t>(port))) << port;
  }
}

TEST(Ports, NobodyListensOnPortZero) { EXPECT_FALSE(is_service_port(0)); }

TEST(Ports, WhatServersCommonlyListenOn) {
  for (const int port :
       {1080, 1194, 1433, 1434, 1521, 1723, 1883, 2049,  2181,  2375,  2379,  2811, 3128, 3268,
        3306, 3389, 3690, 4222, 5060, 5061, 5222, 5223,  5269,  5355,  5432,  5672, 5900, 5984,
        5985, 6379, 6443, 6660, 6665, 6670, 6697, 7001,  8000,  8080,  8081,  8443, 8883, 8888,
        9000, 9042, 9090, 9092, 9100, 9200, 9418, 10250, 11211, 20000, 25565, 27017}) {
    EXPECT_TRUE(is_service_port(static_cast<std::uint16_t>(port))) << port;
  }
}

TEST(Ports, WhatSystemsPickByThemselvesIsNot) {
  for (int port = 32768; port <= 65535; ++port) {
    ASSERT_FALSE(is_service_port(static_cast<std::uint16_t>(port))) << port;
  }
  for (const int port : {1024, 1025, 1079, 1081, 3307, 6659, 6671, 8079, 8084}) {
    EXPECT_FALSE(is_service_port(static_cast<std::uint16_t>(port))) << port;
  }
}

TEST(Ports, TheListStaysShort) {
  int count = 0;
  for (int port = 1024; port <= 65535; ++port)
    count += is_service_port(static_cast<std::uint16_t>(port));
  EXPECT_LT(count, 160);
}

TEST(ServiceRank, AListedPortBeatsAnUnlistedSystemPort) {
  for (const int port : {22, 53, 80, 443, 2049, 3306, 5432, 6379})
    EXPECT_EQ(service_rank(static_cast<std::uint16_t>(port)), ServiceRank::Listed) << port;
  for (const int port : {1, 665, 871, 1023})
    EXPECT_EQ(service_rank(static_cast<std::uint16_t>(port)), ServiceRank::System) << port;
  for (const int port : {0, 1024, 40000, 65535})
    EXPECT_EQ(service_rank(static_cast<std::uint16_t>(port)), ServiceRank::None) << port;
  EXPECT_GT(ServiceRank::Listed, ServiceRank::System);
  EXPECT_GT(ServiceRank::System, ServiceRank::None);
}

TEST(ServiceRank, EveryServicePortHasARank) {
  for (unsigned port = 0; port <= 65535; ++port) {
    const auto p = static_cast<std::uint16_t>(port);
    if (!is_service_port(p)) continue;
    ASSERT_GT(service_rank(p), ServiceRank::None) << port;
  }
}

}  // namespace
}  // namespace synfin
