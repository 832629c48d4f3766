// GeoIp: which database answers, the cache, and files that appear, change and disappear.
#include "synfin/enrich/geoip.h"

#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

using test::place;
using test::sample_database;
using test::SampleFolder;
using test::text_of;

GeoIp geoip(std::vector<std::string> paths, GeoKinds kinds = {}) {
  return GeoIp({.paths = std::move(paths), .kinds = kinds});
}

TEST(GeoIp, SeveralFilesComplementEachOther) {
  GeoIp both = geoip({sample_database("flat-country-ipv4.mmdb"), sample_database("tor/geoip6"),
                      sample_database("dbip-asn.csv")});
  EXPECT_EQ(text_of(both.look_up(place("192.0.2.1"))), "NL 64496 Example Home Networks");
  EXPECT_EQ(text_of(both.look_up(place("2001:db8:2::1"))), "JP 65536 <b>Example</b> & Sons");
  EXPECT_EQ(text_of(both.look_up(place("10.0.0.1"))), "");
  EXPECT_TRUE(both.take_warnings().empty());
}

TEST(GeoIp, AFolder) {
  const SampleFolder folder;
  folder.copy("flat-country.mmdb", "a.mmdb");
  folder.copy("asn-ipv4-num.csv", "b.csv");
  folder.write("README.md", "no database");
  GeoIp all = geoip({folder.path()});
  EXPECT_EQ(text_of(all.look_up(place("192.0.2.1"))), "NL 64496 Example Home Networks");
  EXPECT_TRUE(all.missing().empty());
  EXPECT_TRUE(all.take_warnings().empty());
}

TEST(GeoIp, CountryAndNetworkAreIndependent) {
  const std::vector<std::string> paths{sample_database("ipinfo-lite.mmdb")};
  EXPECT_EQ(text_of(geoip(paths, {false, true}).look_up(place("192.0.2.1"))),
            "64496 Example Home Networks");
  EXPECT_EQ(text_of(geoip(paths, {true, false}).look_up(place("192.0.2.1"))), "NL");
  EXPECT_EQ(text_of(geoip(paths, {false, false}).look_up(place("192.0.2.1"))), "");
}

TEST(GeoIp, AFullCacheReturnsRightAnswers) {
  GeoIp all = geoip({sample_database("flat-country.mmdb")});
  for (int turn = 0; turn < 2; ++turn) {
    for (std::uint32_t i = 0; i < 400'000; ++i) {
      const Address odd = Address::from_v4(0xC6336400 + i);
      const std::string_view expected = i < 128 ? "DE" : i < 256 ? "FR" : "";
      ASSERT_EQ(all.look_up(odd).country.view(), expected) << i;
    }
  }
}

TEST(GeoIp, MissingPathsAreReported) {
  const SampleFolder empty;
  const GeoIp none = geoip({"/nonexistent/geo.mmdb", empty.path()});
  const auto sentences = none.missing();
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_EQ(sentences[0],
            "cannot read the database /nonexistent/geo.mmdb: No such file or directory");
  EXPECT_NE(sentences[1].find("no database in "), std::string::npos);
}

TEST(GeoIp, ABrokenFileDoesNotAffectTheOthers) {
  const SampleFolder folder;
  folder.write("a.mmdb", "broken");
  folder.copy("flat-country.mmdb", "b.mmdb");
  GeoIp all = geoip({folder.path()});
  EXPECT_EQ(text_of(all.look_up(place("192.0.2.1"))), "NL");
  const auto warnings = all.take_warnings();
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("a.mmdb"), std::string::npos);
  EXPECT_TRUE(all.take_warnings().empty()) << "reported once";
}

TEST(GeoIp, AReplacedFileIsReadAgain) {
  const SampleFolder folder;
  const std::string path = folder.write("x.csv", "192.0.2.0,192.0.2.255,NL\n");
  GeoIp live = geoip({folder.path()});
  EXPECT_EQ(text_of(live.look_up(place("192.0.2.1"))), "NL");
  auto now = GeoIp::Clock::now();
  live.reopen_changed(now);
  const std::string other = folder.write("y", "192.0.2.0,192.0.2.255,CH\n");
  std::filesystem::rename(other, path);
  live.reopen_changed(now += std::chrono::milliseconds{999});
  EXPECT_EQ(text_of(live.look_up(place("192.0.2.1"))), "NL") << "checked at most once a second";
  live.reopen_changed(now += std::chrono::milliseconds{1});
  EXPECT_EQ(text_of(live.look_up(place("192.0.2.1"))), "CH");
  folder.write("x.csv", "");
  live.reopen_changed(now += std::chrono::seconds{1});
  EXPECT_EQ(text_of(live.look_up(place("192.0.2.1"))), "CH") << "a broken file does not replace it";
  EXPECT_EQ(live.take_warnings().size(), 1u);
  std::filesystem::remove(path);
  live.reopen_changed(now += std::chrono::seconds{1});
  EXPECT_EQ(text_of(live.look_up(place("192.0.2.1"))), "");
}

TEST(GeoIp, ReadsAheadOnAnotherThread) {
  const SampleFolder folder;
  folder.copy("flat-country.mmdb", "a.mmdb");
  GeoIp ahead = geoip({folder.path()});
  ahead.start_reading();
  EXPECT_EQ(text_of(ahead.look_up(place("192.0.2.1"))), "NL");
  GeoIp unused = geoip({folder.path()});
  unused.start_reading();  // its destructor cancels
}

TEST(GeoIp, UsesFilesThatWereRemovedAfterTheyWereOpened) {
  const SampleFolder folder;
  const std::string path = folder.copy("flat-country.mmdb", "a.mmdb");
  GeoIp opened = geoip({folder.path()});
  opened.open_files();
  std::filesystem::remove(path);
  EXPECT_EQ(text_of(opened.look_up(place("192.0.2.1"))), "NL");
}

TEST(GeoIp, LongNetworkNamesAreCut) {
  const SampleFolder folder;
  folder.write("x.csv", "192.0.2.0,192.0.2.255,64500," + std::string(500'000, 'x') + "\n");
  GeoIp all = geoip({folder.path()});
  EXPECT_EQ(all.look_up(place("192.0.2.1")).as_org.size(), 255u);
}

TEST(GeoIp, AttributesTheDatabasesThatAnswered) {
  const SampleFolder folder;
  folder.copy("maxmind-asn.mmdb", "asn.mmdb");
  folder.copy("flat-country.mmdb", "country.mmdb");
  folder.write("country.mmdb.attribution", "Countries by Example (https://example.org)\nand more");
  GeoIp all = geoip({folder.path()});
  EXPECT_TRUE(all.attributions().empty());
  all.look_up(place("10.0.0.1"));
  EXPECT_TRUE(all.attributions().empty()) << "nothing was known";
  all.look_up(place("192.0.2.1"));
  EXPECT_EQ(all.attributions(),
            (std::vector<std::string>{"This product includes GeoLite2 data created by MaxMind, "
                                      "available from https://www.maxmind.com",
                                      "Countries by Example (https://example.org)"}));
}

TEST(GeoIp, TheDefaultPlacesAreAbsolute) {
  for (const std::string& path : default_geoip_places()) EXPECT_EQ(path[0], '/') << path;
}

}  // namespace
}  // namespace synfin
