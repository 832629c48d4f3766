// Tests of src/track/responder_ports.h.
#include "track/responder_ports.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

void add(ResponderPorts& ports, std::uint16_t port, unsigned times) {
  for (unsigned i = 0; i < times; ++i) ports.add(port);
}

TEST(ResponderPorts, PrefersNoPortAtFirst) {
  const ResponderPorts ports;
  EXPECT_FALSE(ports.prefers(80, 40000));
  EXPECT_FALSE(ports.prefers(40000, 80));
}

TEST(ResponderPorts, PrefersAPortOfManyConnections) {
  ResponderPorts ports;
  add(ports, 47001, 7);
  EXPECT_FALSE(ports.prefers(47001, 50000));
  add(ports, 47001, 1);
  EXPECT_TRUE(ports.prefers(47001, 50000));
  EXPECT_FALSE(ports.prefers(50000, 47001));
}

TEST(ResponderPorts, PrefersAPortOnlyIfItIsFarMoreCommon) {
  ResponderPorts ports;
  add(ports, 443, 40);
  add(ports, 8080, 10);
  EXPECT_TRUE(ports.prefers(443, 8080));
  add(ports, 8080, 1);
  EXPECT_FALSE(ports.prefers(443, 8080));
  EXPECT_FALSE(ports.prefers(443, 443));
}

TEST(ResponderPorts, SaturatesAtTheLargestCount) {
  ResponderPorts ports;
  add(ports, 443, 70'000);
  EXPECT_TRUE(ports.prefers(443, 80)) << "70,000 would wrap to 4,464, and 65,536 to 0";
  add(ports, 80, 17'000);
  EXPECT_FALSE(ports.prefers(443, 80));
}

}  // namespace
}  // namespace synfin
