// CommunityId against the specification's vectors and against values that python3's hashlib
// computed; Uid against values that a separate implementation of the same rule computed.
#include "synfin/enrich/identifiers.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace synfin {
namespace {

FiveTuple tuple(const char* orig, int orig_port, const char* resp, int resp_port) {
  return {{Address::parse(orig).value(), static_cast<std::uint16_t>(orig_port)},
          {Address::parse(resp).value(), static_cast<std::uint16_t>(resp_port)}};
}

std::string community_id(const FiveTuple& t, std::uint16_t seed = 0) {
  return std::string{CommunityId(t, seed).view()};
}

TEST(CommunityId, AndUidDependOnTheTransport) {
  FiveTuple t = tuple("192.0.2.7", 51234, "198.51.100.9", 443);
  const std::string tcp = community_id(t);
  const std::string tcp_uid{Uid(t, Timestamp{}).view()};
  t.transport = Transport::Udp;
  EXPECT_EQ(community_id(t), "1:PBPPjD16ugCwE1DwUJIODacvlnc=");
  EXPECT_NE(community_id(t), tcp);
  EXPECT_NE(Uid(t, Timestamp{}).view(), tcp_uid);
}

TEST(CommunityId, Vectors) {
  EXPECT_EQ(community_id(tuple("192.0.2.7", 51234, "198.51.100.9", 443)),
            "1:t2V3GuGY6DyfhkXujEqcOxoNwvs=");
  EXPECT_EQ(community_id(tuple("192.0.2.7", 51234, "198.51.100.9", 443), 1),
            "1:TNnYZhddzM4ZuLknN9qg6/t62sQ=");
  EXPECT_EQ(community_id(tuple("2001:db8::1", 51234, "2001:db8::2", 443)),
            "1:9uYrWIZVUQ4q6eZiwMFdEIUGAoo=");
  EXPECT_EQ(community_id(tuple("2001:db8::2", 443, "2001:db8::1", 51234), 40000),
            "1:bS8pMANAP6ktkgkY/KGKGhfhe84=");
  EXPECT_EQ(community_id(tuple("0.0.0.0", 0, "255.255.255.255", 0), 65535),
            "1:13c5CI7XQALGX3nI60l5phwpQNg=");
}

TEST(CommunityId, PortsDecideTheOrderWhereAddressesAreEqual) {
  EXPECT_EQ(community_id(tuple("192.0.2.7", 1, "192.0.2.7", 65535)),
            "1:0etJJa5QSm9qc0nTOSnMpKYG75o=");
  EXPECT_EQ(community_id(tuple("192.0.2.7", 65535, "192.0.2.7", 1)),
            "1:0etJJa5QSm9qc0nTOSnMpKYG75o=");
}

TEST(CommunityId, AMappedAddressBesideAnIpv6OneCountsAsIpv6) {
  EXPECT_EQ(
      community_id({{Address::from_v4(0xC0000201), 7}, {Address::parse("2001:db8::2").value(), 8}}),
      "1:tMqKTOkIdhbbYVnsoILZLzt9ykA=");
}

TEST(CommunityId, IsTheSameInBothDirections) {
  const FiveTuple t = tuple("203.0.113.5", 4000, "192.0.2.1", 22);
  EXPECT_EQ(community_id(t), community_id(t.reversed()));
}

std::string oracle_folder() {
  if (const char* folder = std::getenv("SYNFIN_ORACLE")) return folder;
  return std::string{SYNFIN_SOURCE_DIR} + "/../shared/oracle";
}

TEST(CommunityId, TheSpecificationsVectors) {
  std::ifstream file(oracle_folder() + "/community-id/baseline_deflt.json");
  if (!file) GTEST_SKIP() << "no vectors in " << oracle_folder();
  int compared = 0;
  for (const auto& entry : nlohmann::json::parse(file)) {
    if (entry["proto"] != 6) continue;
    const auto saddr = entry["saddr"].get<std::string>();
    const auto daddr = entry["daddr"].get<std::string>();
    EXPECT_EQ(community_id(tuple(saddr.c_str(), entry["sport"], daddr.c_str(), entry["dport"])),
              entry["communityid"].get<std::string>());
    ++compared;
  }
  EXPECT_GE(compared, 4);
}

std::string uid(const FiveTuple& t, std::int64_t ns) {
  return std::string{Uid(t, timestamp_from_ns(ns)).view()};
}

TEST(Uid, IsFixedForAllMachinesAndVersions) {
  EXPECT_EQ(uid(tuple("192.0.2.7", 51234, "198.51.100.9", 443), 1772375416123456789),
            "CtIP4JjYKdTEH4s7lO");
  EXPECT_EQ(uid(tuple("2001:db8::1", 51234, "2001:db8::2", 443), 0), "CSWOU6ZiDQqVFLzZxZ");
  EXPECT_EQ(uid(tuple("2001:db8::1", 51234, "2001:db8::2", 443), -1), "C5enUz0ohKQceVDEcc");
  EXPECT_EQ(uid(tuple("0.0.0.0", 0, "0.0.0.0", 0), 0), "CdcJe2vdkR4z21PeNF");
}

TEST(Uid, AFlipChangesNothing) {
  const FiveTuple t = tuple("203.0.113.5", 4000, "192.0.2.1", 22);
  EXPECT_EQ(uid(t, 5), uid(t.reversed(), 5));
}

TEST(Uid, EveryPartCounts) {
  std::set<std::string> seen;
  int made = 0;
  const auto add = [&](const FiveTuple& t, std::int64_t ns) {
    const std::string id = uid(t, ns);
    EXPECT_EQ(id.size(), 18u);
    EXPECT_EQ(id[0], 'C');
    for (const char c : id) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c))) << id;
    seen.insert(id);
    ++made;
  };
  for (std::uint32_t i = 0; i < 300; ++i) {
    const auto port = static_cast<std::uint16_t>(i);
    const Endpoint fixed{Address::from_v4(0xC6336409), 443};
    add({{Address::from_v4(0xC0000200 + i), 1000}, fixed}, 7);
    add({{Address::from_v4(0xC0000100), port}, fixed}, 7);
    add({{Address::from_v4(0xC0000100), 1000},
         {fixed.address, static_cast<std::uint16_t>(444 + i)}},
        7);
    add({{Address::from_v4(0xC0000100), 1000}, fixed}, 1'000'000 + i);
    add({{Address::from_halves(0x20010DB800000000 + i, 1), 1000}, fixed}, 7);
    add({{Address::from_halves(0x20010DB800000000, 1000 + i), 1000}, fixed}, 7);
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(made));
}

TEST(Uid, CharactersSpreadEvenly) {
  // 62 characters in 17 places over 20 000 uids: a character that is 10 % off its share is no
  // accident.
  std::array<int, 256> count{};
  constexpr int kUids = 20'000;
  for (int i = 0; i < kUids; ++i) {
    const std::string id = uid(tuple("192.0.2.7", 51234, "198.51.100.9", 443), i);
    for (const char c : id.substr(1)) ++count[static_cast<unsigned char>(c)];
  }
  const double share = kUids * 17 / 62.0;
  for (int c = 0; c < 256; ++c) {
    if (std::isalnum(c)) {
      EXPECT_NEAR(count[static_cast<std::size_t>(c)], share, share / 10) << c;
    }
  }
}

}  // namespace
}  // namespace synfin
