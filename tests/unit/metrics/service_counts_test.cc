// Which services get a label, and that each connection is counted once.
#include "metrics/service_counts.h"

#include <gtest/gtest.h>

#include <numeric>

namespace synfin {
namespace {

Endpoint service(std::uint32_t host, std::uint16_t port = 443) {
  return {Address::from_v4(0xC6336400 + host), port};
}

ServiceCounts make() { return ServiceCounts(PortNames({{443, "https"}, {22, "a\"b\n"}})); }

std::uint64_t established(const std::vector<ServiceCounts::Row>& rows) {
  return std::accumulate(rows.begin(), rows.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& row) { return sum + row.established; });
}

void establish(ServiceCounts& counts, const Endpoint& service, int times) {
  for (int i = 0; i < times; ++i) counts.add_established(service);
}

TEST(ServiceCounts, ABusyServiceGetsALabel) {
  auto counts = make();
  establish(counts, service(1), 3);
  ASSERT_EQ(counts.rows().size(), 1u);
  EXPECT_EQ(counts.rows()[0].service, "other");
  establish(counts, service(1), 3);
  counts.add_failed(service(1));
  counts.add_failed(service(2));
  const auto rows = counts.rows();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].service, "198.51.100.1:443");
  EXPECT_EQ(rows[0].name, "https");
  EXPECT_EQ(rows[0].established, 2u);  // from its place on
  EXPECT_EQ(rows[0].failed, 1u);
  EXPECT_EQ(rows[1].established, 4u);
  EXPECT_EQ(rows[1].failed, 1u);
}

TEST(ServiceCounts, Ipv6ServicesHaveBrackets) {
  auto counts = make();
  establish(counts, {*Address::parse("2001:db8::1"), 22}, 8);
  EXPECT_EQ(counts.rows()[0].service, "[2001:db8::1]:22");
}

TEST(ServiceCounts, TheSetOfLabelsIsBounded) {
  auto counts = make();
  for (std::uint32_t host = 0; host < 200; ++host) establish(counts, service(host), 8);
  const auto rows = counts.rows();
  EXPECT_EQ(rows.size(), ServiceCounts::kListed + 1);
  EXPECT_EQ(established(rows), 1600u);
}

TEST(ServiceCounts, AMuchBusierServiceTakesAPlace) {
  auto counts = make();
  for (std::uint32_t host = 0; host < ServiceCounts::kListed; ++host)
    establish(counts, service(host), host == 5 ? 8 : 100);
  for (int i = 0; i < 3; ++i) counts.add_failed(service(5));
  const auto before = counts.rows();
  establish(counts, service(77), 100);
  const auto rows = counts.rows();
  ASSERT_EQ(rows.size(), ServiceCounts::kListed + 1);
  EXPECT_EQ(rows[5].service, "198.51.100.77:443");
  const std::uint64_t more = rows[5].established + rows.back().established;
  EXPECT_EQ(more - before.back().established, 100u) << "those of the first service count again";
  EXPECT_EQ(rows.back().failed, 0u);
}

TEST(ServiceCounts, AScanGetsNoLabel) {
  auto counts = make();
  for (std::uint32_t host = 0; host < 5000; ++host) {
    counts.add_established(service(host, static_cast<std::uint16_t>(host)));
    counts.add_failed(service(host));
  }
  EXPECT_EQ(counts.rows().size(), 1u);
  EXPECT_EQ(counts.rows()[0].established, 5000u);
  EXPECT_EQ(counts.rows()[0].failed, 5000u);
}

}  // namespace
}  // namespace synfin
