// MMDB files in the layout of each maker, from geoip/test/make, intact and damaged.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

using test::look_up_text;
using test::sample_database;
using test::SampleFolder;

std::unique_ptr<GeoDatabase> open(const std::string& name, GeoKinds wanted = {}) {
  auto opened = open_mmdb(sample_database(name), wanted);
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? std::move(*opened) : nullptr;
}

struct Layout {
  const char* file;
  const char* v4;
  const char* v6;
};

TEST(Mmdb, EveryMakersLayout) {
  const Layout layouts[] = {
      {"maxmind-country.mmdb", "DE", "JP"},
      {"maxmind-asn.mmdb", "64500 Example Hosting GmbH, Berlin", "65536 <b>Example</b> & Sons"},
      {"maxmind-registered.mmdb", "DE", "JP"},
      {"maxmind-enterprise.mmdb", "DE 64500 Example Hosting GmbH, Berlin",
       "JP 65536 <b>Example</b> & Sons"},
      {"dbip-country-lite.mmdb", "DE", "JP"},
      {"ipinfo-lite.mmdb", "DE 64500 Example Hosting GmbH, Berlin",
       "JP 65536 <b>Example</b> & Sons"},
      {"ipinfo-old.mmdb", "DE 64500 Example Hosting GmbH, Berlin",
       "JP 65536 <b>Example</b> & Sons"},
      {"flat-country.mmdb", "DE", "JP"},
      {"flat-country-ipv4.mmdb", "DE", ""},
      {"iptoasn.mmdb", "DE 64500 Example Hosting GmbH, Berlin", "JP 65536 <b>Example</b> & Sons"}};
  for (const Layout& layout : layouts) {
    const auto db = open(layout.file);
    ASSERT_TRUE(db);
    EXPECT_EQ(look_up_text(*db, "198.51.100.1"), layout.v4) << layout.file;
    EXPECT_EQ(look_up_text(*db, "2001:db8:2::9"), layout.v6) << layout.file;
    EXPECT_EQ(look_up_text(*db, "8.8.8.8"), "") << layout.file;
    EXPECT_EQ(look_up_text(*db, "2001:db8:7::1"), "") << layout.file;
    EXPECT_EQ(db->complaint(), "") << layout.file;
  }
}

TEST(Mmdb, RangesHaveExactEnds) {
  const auto db = open("flat-country.mmdb");
  EXPECT_EQ(look_up_text(*db, "198.51.100.127"), "DE");
  EXPECT_EQ(look_up_text(*db, "198.51.100.128"), "FR");
  EXPECT_EQ(look_up_text(*db, "198.51.101.0"), "");
}

TEST(Mmdb, ReturnsOnlyTheWantedKinds) {
  EXPECT_EQ(look_up_text(*open("ipinfo-lite.mmdb", {true, false}), "192.0.2.1"), "NL");
  EXPECT_EQ(look_up_text(*open("ipinfo-lite.mmdb", {false, true}), "192.0.2.1"),
            "64496 Example Home Networks");
  const auto none = open("maxmind-asn.mmdb", {true, false});
  EXPECT_FALSE(none->kinds().network);
  EXPECT_FALSE(none->kinds().country);
}

TEST(Mmdb, DoesNotReplaceKnownValues) {
  const auto db = open("ipinfo-lite.mmdb");
  GeoInfo info;
  info.country = CountryCode::from("US");
  db->look_up(test::place("192.0.2.1"), info);
  EXPECT_EQ(test::text_of(info), "US 64496 Example Home Networks");
}

TEST(Mmdb, HasTheAttributionsThatLicencesRequire) {
  EXPECT_NE(open("maxmind-country.mmdb")->attribution().find("MaxMind"), std::string::npos);
  EXPECT_NE(open("dbip-country-lite.mmdb")->attribution().find("DB-IP"), std::string::npos);
  EXPECT_NE(open("ipinfo-lite.mmdb")->attribution().find("IPinfo"), std::string::npos);
  EXPECT_EQ(open("iptoasn.mmdb")->attribution(), "");
}

std::string failure(const std::string& path) {
  const auto opened = open_mmdb(path, {});
  return opened ? "" : opened.error().message;
}

TEST(Mmdb, AnUnusableFileIsAnError) {
  const SampleFolder folder;
  EXPECT_EQ(failure("/nonexistent/x.mmdb"),
            "cannot read the database /nonexistent/x.mmdb: No such file or directory");
  EXPECT_NE(failure(folder.write("text.mmdb", "hello")).find("text.mmdb"), std::string::npos);
  EXPECT_NE(failure(folder.write("empty.mmdb", "")).find("empty.mmdb"), std::string::npos);
  EXPECT_NE(failure(sample_database("neither.mmdb")).find("neither a country nor a network"),
            std::string::npos);
}

std::size_t name_length(GeoDatabase& database, std::string_view address) {
  GeoInfo info;
  database.look_up(test::place(address), info);
  return info.as_org.size();
}

TEST(Mmdb, DamageAnywhereIsHarmless) {
  const SampleFolder folder;
  std::ifstream in(sample_database("ipinfo-lite.mmdb"), std::ios::binary);
  const std::string whole(std::istreambuf_iterator<char>(in), {});
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0xFF);
    const auto db = open_mmdb(folder.write("bad.mmdb", bad), {});
    if (!db) continue;
    for (const char* address : {"192.0.2.1", "198.51.100.200", "2001:db8:2::1", "::", "1.1.1.1"}) {
      EXPECT_LE(name_length(**db, address), kMaxNetworkName) << "byte " << at;
    }
  }
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    const auto db = open_mmdb(folder.write("cut.mmdb", whole.substr(0, size)), {});
    if (!db) continue;
    EXPECT_LE(name_length(**db, "192.0.2.1"), kMaxNetworkName) << size << " bytes";
  }
}

TEST(Mmdb, ATruncatedFileHasNoEffectOnAnOpenDatabase) {
  const SampleFolder folder;
  const std::string path = folder.copy("ipinfo-lite.mmdb", "here.mmdb");
  auto db = open_mmdb(path, {});
  ASSERT_TRUE(db);
  std::filesystem::resize_file(path, 10);
  EXPECT_EQ(look_up_text(**db, "192.0.2.1"), "NL 64496 Example Home Networks");
}

TEST(MmdbDeathTest, AFileOpenedBeforeThePrivilegesWereDroppedIsReadable) {
  const SampleFolder folder;
  const std::string path = folder.copy("ipinfo-lite.mmdb", "here.mmdb");
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  const auto read_it = [&] {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) std::_Exit(1);
    if (access(path.c_str(), R_OK) == 0) std::_Exit(2);
    const auto db = open_mmdb(path, {}, file);
    std::_Exit(db && look_up_text(**db, "192.0.2.1") == "NL 64496 Example Home Networks" ? 0 : 3);
  };
  EXPECT_EXIT(read_it(), testing::ExitedWithCode(0), "");
  close(file);
}

TEST(CountryCode, TwoLettersOrNothing) {
  EXPECT_EQ(CountryCode::from("de").view(), "DE");
  for (const char* text : {"", "D", "DEU", "D1", "--", "ZZ", "XX", "\x1b["}) {
    EXPECT_FALSE(CountryCode::from(text).known()) << text;
  }
}

TEST(ParseAsn, WithAndWithoutItsLetters) {
  EXPECT_EQ(parse_asn("AS13335"), 13335u);
  EXPECT_EQ(parse_asn("as4294967295"), 4294967295u);
  EXPECT_EQ(parse_asn("64496"), 64496u);
  for (const char* text : {"", "AS", "ASX", "4294967296", "12 ", "-1"}) {
    EXPECT_EQ(parse_asn(text), 0u) << text;
  }
}

}  // namespace
}  // namespace synfin
