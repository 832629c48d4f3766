// Annotator: port names, countries and networks, local ends, names.
#include "synfin/enrich/annotator.h"

#include <gtest/gtest.h>

#include "support/dns_stub.h"
#include "support/lab.h"

namespace synfin {
namespace {

ConnectionRecord record(const char* orig, const char* resp, std::uint16_t port = 443) {
  ConnectionRecord r;
  r.tuple = {{*Address::parse(orig), 40000}, {*Address::parse(resp), port}};
  r.outcome = Outcome::Closed;
  return r;
}

EnrichmentOptions offline() {
  EnrichmentOptions options;
  options.no_geoip = true;
  return options;
}

TEST(Annotator, NamesOnlyTheRespondersPort) {
  const EnrichmentOptions options = offline();
  Annotator annotator(options);
  EXPECT_EQ(annotator.annotate(record("192.0.2.1", "198.51.100.1", 443)).port_name, "https");
  EXPECT_EQ(annotator.annotate(record("192.0.2.1", "198.51.100.1", 40001)).port_name, "");
}

TEST(Annotator, OnlyNamedNetworksAreLocalToACaptureFile) {
  EnrichmentOptions options = offline();
  {
    const Annotator unknown(options);
    EXPECT_EQ(unknown.own_addresses(), nullptr);
    EXPECT_FALSE(unknown.is_local(*Address::parse("192.0.2.1")).has_value());
  }
  options.local_nets = {*Cidr::parse("192.0.2.0/24"), *Cidr::parse("2001:db8::/32")};
  Annotator annotator(options);
  const Annotations about = annotator.annotate(record("192.0.2.1", "198.51.100.1"));
  EXPECT_EQ(about.orig.local, true);
  EXPECT_EQ(about.resp.local, false);
  EXPECT_EQ(annotator.is_local(*Address::parse("2001:db8::7")), true);
  EXPECT_EQ(annotator.is_local(*Address::parse("127.0.0.1")), false)
      << "belongs to the reading host";
}

TEST(Annotator, OwnAddressesAreLocalToALiveCapture) {
  EnrichmentOptions options = offline();
  options.live = true;
  options.local_nets = {*Cidr::parse("192.0.2.0/24")};
  const Annotator annotator(options);
  if (annotator.own_addresses() == nullptr) GTEST_SKIP() << "no netlink here";
  EXPECT_EQ(annotator.is_local(*Address::parse("127.0.0.1")), true);
  EXPECT_EQ(annotator.is_local(*Address::parse("192.0.2.1")), true);
  EXPECT_EQ(annotator.is_local(*Address::parse("203.0.113.99")), false);
}

TEST(Annotator, AnnotatesOnlyTheWantedKinds) {
  EnrichmentOptions options = offline();
  options.no_geoip = false;
  options.geoip = {std::string{SYNFIN_SOURCE_DIR} + "/geoip/test/ip2asn-combined.tsv"};
  {
    Annotator annotator(options);
    const Annotations about = annotator.annotate(record("198.51.100.128", "203.0.113.1"));
    EXPECT_EQ(about.orig.country, "FR");
    EXPECT_EQ(about.orig.asn, 64501u);
    EXPECT_EQ(about.orig.as_org, "Exemple SARL \"Paris\"");
  }
  options.no_asn = true;
  Annotator annotator(options);
  const Annotations about = annotator.annotate(record("198.51.100.128", "203.0.113.1"));
  EXPECT_EQ(about.orig.country, "FR");
  EXPECT_EQ(about.orig.asn, 0u);
  EXPECT_EQ(about.orig.as_org, "");
}

TEST(Annotator, AMissingDatabaseIsNamed) {
  EnrichmentOptions options = offline();
  options.no_geoip = false;
  options.geoip = {"/nonexistent/database.mmdb"};
  Annotator annotator(options);
  const std::vector<std::string> missing = annotator.missing();
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_NE(missing[0].find("/nonexistent/database.mmdb"), std::string::npos) << missing[0];
}

TEST(Annotator, ResolvesNamesOnlyIfTheyAreWanted) {
  const test::DnsStub stub([](const std::string& name, int type) {
    if (type == 12 && name.starts_with("1.")) return test::DnsReply{.labels = {"one", "example"}};
    return test::DnsReply{.code = 3};
  });
  EnrichmentOptions options = offline();
  options.dns_server = stub.server();
  options.dns_wait = std::chrono::seconds{30};
  const ConnectionRecord connection = record("192.0.2.1", "198.51.100.2");
  for (const bool overridden : {false, true}) {
    options.resolve_names = overridden;  // -n overrides it
    options.no_names = overridden;
    Annotator without_names(options);
    ASSERT_TRUE(without_names.start_name_lookup());
    without_names.request_names(connection);
    EXPECT_FALSE(without_names.resolves_names());
    EXPECT_EQ(without_names.wait_for_names(Duration{}), "");
  }
  EXPECT_EQ(stub.questions(), 0);
  options.no_names = false;
  Annotator with_names(options);
  ASSERT_TRUE(with_names.start_name_lookup());
  with_names.request_names(connection);
  EXPECT_EQ(with_names.wait_for_names(Duration{}), "");
  const Annotations about = with_names.annotate(connection);
  EXPECT_EQ(about.orig.name, "one.example");
  EXPECT_FALSE(about.orig.name_confirmed);
  EXPECT_EQ(about.resp.name, "");
}

TEST(Annotator, ReportsHowManyNamesAreMissing) {
  const test::DnsStub stub(
      [](const std::string&, int) -> std::optional<test::DnsReply> { return std::nullopt; });
  EnrichmentOptions options = offline();
  options.dns_server = stub.server();
  options.resolve_names = true;
  options.dns_wait = std::chrono::milliseconds{30};
  Annotator annotator(options);
  ASSERT_TRUE(annotator.start_name_lookup());
  annotator.request_names(record("192.0.2.1", "198.51.100.2"));
  EXPECT_EQ(annotator.wait_for_names(Duration{}), "DNS did not answer for 2 of 2 addresses");
}

}  // namespace
}  // namespace synfin
