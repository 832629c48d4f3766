// Countries and networks in reports: sums, order, every format, hostile names.
#include "report/geo_totals.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "synfin/report/render.h"
#include "unit/enrich/geo_samples.h"
#include "unit/report/records.h"

namespace synfin {
namespace {

using test::RecordSpec;

AddressBook book_of(std::vector<std::string> paths) {
  return AddressBook({.paths = std::move(paths), .kinds = {}});
}

RecordSpec between(const char* orig, const char* resp) {
  return {.orig = test::address(orig), .resp = test::address(resp), .sent = 10, .received = 700};
}

/// Two Dutch hosts, one of them IPv6; a German, a Japanese, a Brazilian and an unknown one.
void fill(Summary& summary) {
  summary.add(between("192.0.2.1", "198.51.100.1").record());
  summary.add(between("192.0.2.1", "198.51.100.1").record());
  summary.add(between("2001:db8:1::1", "2001:db8:2::1").record());
  RecordSpec refused = between("192.0.2.1", "203.0.113.1");
  refused.outcome = Outcome::Refused;
  refused.sent = refused.received = 0;
  summary.add(refused.record());
  summary.add(between("10.0.0.1", "192.0.2.1").record());
}

TEST(GeoTotals, SumHostsByCountryAndNetwork) {
  Summary summary(SummaryOptions{});
  fill(summary);
  AddressBook book = book_of({test::sample_database("ipinfo-lite.mmdb")});
  const SummaryData data = summary.data(0, &book);
  ASSERT_EQ(data.countries.rows.size(), 4u);
  const GeoRow& nl = data.countries.rows[0];
  EXPECT_EQ(nl.country, "NL");
  EXPECT_EQ(nl.hosts, 2u);
  EXPECT_EQ(nl.as_orig, 4u);
  EXPECT_EQ(nl.as_resp, 1u);
  EXPECT_EQ(nl.failed, 1u);
  EXPECT_EQ(nl.bytes_sent, 3u * 10 + 700);
  EXPECT_EQ(nl.bytes_received, 3u * 700 + 10);
  EXPECT_EQ(data.countries.rows[1].country, "DE");
  EXPECT_EQ(data.networks.rows[0].asn, 64496u);
  EXPECT_EQ(data.networks.rows[0].as_org, "Example Home Networks");
  EXPECT_EQ(data.networks.rows[0].hosts, 2u);
  const SummaryData top = summary.data(1, &book);
  EXPECT_EQ(top.countries.rows.size(), 1u);
  EXPECT_EQ(top.countries.of, 4u);
}

TEST(GeoTotals, NoTotalsWithoutDatabases) {
  Summary summary(SummaryOptions{});
  fill(summary);
  EXPECT_TRUE(summary.data(0).countries.rows.empty());
}

std::string render(ReportFormat format, AddressBook& book) {
  Summary summary(SummaryOptions{});
  fill(summary);
  CaptureInfo capture;
  capture.ledger.received = capture.ledger.decoded = 30;
  PortNames ports(std::vector<PortNames::Service>{});
  RenderOptions options;
  options.book = &book;
  return render_report(format, capture, summary, ports, options);
}

TEST(GeoTotals, AreInEveryFormat) {
  AddressBook book = book_of(
      {test::sample_database("maxmind-country.mmdb"), test::sample_database("dbip-asn.csv")});
  for (const ReportFormat format :
       {ReportFormat::Text, ReportFormat::Csv, ReportFormat::Html, ReportFormat::Markdown}) {
    const std::string text = render(format, book);
    EXPECT_NE(text.find("NL"), std::string::npos) << text;
    EXPECT_NE(text.find("Example Home Networks"), std::string::npos) << text;
    EXPECT_NE(text.find("includes GeoLite2 data created by MaxMind"), std::string::npos) << text;
  }
}

TEST(GeoTotals, HostileNamesAreEscaped) {
  AddressBook book = book_of({test::sample_database("ipinfo-lite.mmdb")});
  EXPECT_EQ(render(ReportFormat::Html, book).find("<b>Example"), std::string::npos);
  for (const ReportFormat format : {ReportFormat::Text, ReportFormat::Csv, ReportFormat::Html,
                                    ReportFormat::Markdown, ReportFormat::Json}) {
    const std::string text = render(format, book);
    EXPECT_EQ(text.find('\x1f'), std::string::npos);
  }
}

TEST(GeoTotals, JsonKeys) {
  AddressBook book = book_of({test::sample_database("ipinfo-lite.mmdb")});
  const auto report = nlohmann::json::parse(render(ReportFormat::Json, book));
  const auto& nl = report["countries"][0];
  EXPECT_EQ(nl["country"], "NL");
  EXPECT_EQ(nl["hosts"], 2);
  EXPECT_EQ(nl["connections"], 5);
  EXPECT_EQ(nl["bytes_sent"], 730);
  EXPECT_EQ(report["networks"][0]["asn"], 64496);
  EXPECT_EQ(report["networks"][0]["as_org"], "Example Home Networks");
  EXPECT_EQ(report["edges"][0]["orig_country"], "NL");
  EXPECT_EQ(report["edges"][0]["resp_asn"], 64500);
  EXPECT_EQ(report["hosts"][0]["country"], "NL");
  EXPECT_NE(report["attributions"][0].get<std::string>().find("IPinfo"), std::string::npos);
  for (const auto& host : report["hosts"]) {
    if (host["ip"] == "10.0.0.1") {
      EXPECT_FALSE(host.contains("country"));
    }
  }
}

}  // namespace
}  // namespace synfin
