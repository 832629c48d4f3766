#include "synfin/inventory/port_evidence.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

Address client(std::uint32_t number) { return Address::from_v4(0xC0000200u + number); }

TEST(PortEvidence, CountsFewClientsExactly) {
  PortEvidence evidence;
  for (std::uint32_t round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < 16; ++i) {
      evidence.add_client(client(i));
      if (round == 0) {
        EXPECT_EQ(evidence.clients(), i + 1);
      }
    }
  }
  EXPECT_EQ(evidence.clients(), 16u);
}

TEST(PortEvidence, EstimatesManyClients) {
  PortEvidence evidence;
  for (std::uint32_t i = 0; i < 10'000; ++i) evidence.add_client(Address::from_v4(i * 7919));
  EXPECT_GT(evidence.clients(), 6'000u);
  EXPECT_LT(evidence.clients(), 14'000u);
  const std::uint32_t before = evidence.clients();
  for (std::uint32_t i = 0; i < 10'000; ++i) evidence.add_client(Address::from_v4(i * 7919));
  EXPECT_EQ(evidence.clients(), before);
}

TEST(PortEvidence, HasTheMedianOfTheLastAnswers) {
  PortEvidence evidence;
  EXPECT_EQ(evidence.median_answer(), kNoDuration);
  for (int i = 0; i < 20; ++i) evidence.add_answer(std::chrono::seconds{9});
  for (int i = 1; i <= 9; ++i) evidence.add_answer(std::chrono::milliseconds{i});
  const double ms = std::chrono::duration<double, std::milli>(evidence.median_answer()).count();
  EXPECT_NEAR(ms, 5, 0.01);
}

TEST(PortEvidence, HasTheLowerMedianOfTwoAsReportsDo) {
  PortEvidence evidence;
  evidence.add_answer(std::chrono::milliseconds{281});
  evidence.add_answer(std::chrono::milliseconds{72});
  const double ms = std::chrono::duration<double, std::milli>(evidence.median_answer()).count();
  EXPECT_NEAR(ms, 72, 0.1);
}

TEST(PortEvidence, SurvivesPacking) {
  for (const std::uint32_t clients : {0u, 1u, 2u, 16u, 17u, 300u}) {
    PortEvidence evidence;
    for (std::uint32_t i = 0; i < clients; ++i) evidence.add_client(client(i));
    evidence.add_answer(std::chrono::milliseconds{7});
    std::string bytes;
    evidence.pack(bytes);
    PortEvidence again = PortEvidence::unpack(bytes, evidence.clients());
    EXPECT_EQ(again.clients(), evidence.clients());
    EXPECT_EQ(again.median_answer(), evidence.median_answer());
    for (std::uint32_t i = 0; i < clients; ++i) again.add_client(client(i));
    EXPECT_EQ(again.clients(), evidence.clients()) << clients;
  }
}

TEST(PortEvidence, IgnoresDamagedBytes) {
  for (const std::string& bytes : {std::string("\xff"), std::string(200, 'x'), std::string("\1")})
    EXPECT_EQ(PortEvidence::unpack(bytes, 5).clients(), 0u);
}

}  // namespace
}  // namespace synfin
