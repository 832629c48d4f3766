// Text files of ranges in each layout, valid, odd and hostile.
#include <zlib.h>

#include <chrono>

#include "support/cpu_time.h"
#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

using test::look_up_text;
using test::sample_database;
using test::SampleFolder;

std::unique_ptr<GeoDatabase> open_database(const std::string& path, GeoKinds wanted = {}) {
  auto opened = open_range_file(path, wanted);
  EXPECT_TRUE(opened) << opened.error().message;
  return opened ? std::move(*opened) : nullptr;
}

TEST(RangeFile, EveryLayout) {
  const struct {
    const char* file;
    const char* v4;
    const char* v6;
  } forms[] = {
      {"dbip-country.csv", "FR", "JP"},
      {"dbip-asn.csv", "64501 Exemple SARL \"Paris\"", "65536 <b>Example</b> & Sons"},
      {"dbip-asn.csv.gz", "64501 Exemple SARL \"Paris\"", "65536 <b>Example</b> & Sons"},
      {"asn-ipv4-num.csv", "64501 Exemple SARL \"Paris\"", ""},
      {"ip2asn-combined.tsv", "FR 64501 Exemple SARL \"Paris\"", "JP 65536 <b>Example</b> & Sons"},
      {"tor/geoip", "FR", ""},
      {"tor/geoip6", "", "JP"}};
  for (const auto& form : forms) {
    const auto file = open_database(sample_database(form.file));
    ASSERT_TRUE(file);
    EXPECT_EQ(look_up_text(*file, "198.51.100.128"), form.v4) << form.file;
    EXPECT_EQ(look_up_text(*file, "198.51.100.255"), form.v4) << form.file;
    EXPECT_EQ(look_up_text(*file, "2001:db8:2:ffff:ffff:ffff:ffff:ffff"), form.v6) << form.file;
    EXPECT_EQ(look_up_text(*file, "198.51.101.0"), "") << form.file;
    EXPECT_EQ(look_up_text(*file, "0.0.0.0"), "") << form.file;
    EXPECT_EQ(look_up_text(*file, "2001:db8:3::"), "") << form.file;
    EXPECT_EQ(file->complaint(), "") << form.file;
  }
}

TEST(RangeFile, NumbersOf128Bits) {
  const SampleFolder folder;
  const auto file = open_database(folder.write("num.csv",
                                               "42540766411282592856903984951653826560,"
                                               "42540766490510755371168322545197776895,64496,Six\n"
                                               "3221225984,3221226239,64497,Four\n"));
  EXPECT_EQ(look_up_text(*file, "2001:db8::1"), "64496 Six");
  EXPECT_EQ(look_up_text(*file, "192.0.2.255"), "64497 Four");
}

TEST(RangeFile, OrderTitlesCommentsAndLineEndsHaveNoEffect) {
  const SampleFolder folder;
  const auto file = open_database(folder.write("odd.csv",
                                               "# a comment\r\nstart_ip,end_ip,country\r\n"
                                               "203.0.113.0,203.0.113.255,BR\r\n\r\n"
                                               "192.0.2.0,192.0.2.255,\"nl\"\r\n"
                                               "198.51.100.0,198.51.100.255,ZZ"));
  EXPECT_EQ(look_up_text(*file, "192.0.2.77"), "NL");
  EXPECT_EQ(look_up_text(*file, "203.0.113.77"), "BR");
  EXPECT_EQ(look_up_text(*file, "198.51.100.1"), "") << "ZZ is a placeholder";
  EXPECT_EQ(file->complaint(), "");
}

TEST(RangeFile, AllFieldsQuotedAndAByteOrderMark) {
  const SampleFolder folder;
  const auto file =
      open_database(folder.write("q.csv",
                                 "\xEF\xBB\xBF\"192.0.2.0\",\"192.0.2.255\",\"64500\","
                                 "\"Example \"\"Quoted\"\" Networks, Inc.\"\r\n"
                                 "\"198.51.100.0\",\"198.51.100.255\",\"64501\",\"Plain\"\r\n"));
  EXPECT_EQ(look_up_text(*file, "192.0.2.1"), "64500 Example \"Quoted\" Networks, Inc.");
  EXPECT_EQ(look_up_text(*file, "198.51.100.1"), "64501 Plain");
  EXPECT_EQ(file->complaint(), "");
}

TEST(RangeFile, Ip2LocationLayouts) {
  const SampleFolder folder;
  const auto asn = open_database(folder.write(
      "asn.csv",
      "\"0\",\"16777215\",\"-\",\"-\",\"-\"\n"
      "\"3221225984\",\"3221226239\",\"192.0.2.0/24\",\"64500\",\"Example Networks\"\n"));
  EXPECT_EQ(look_up_text(*asn, "192.0.2.1"), "64500 Example Networks");
  EXPECT_EQ(look_up_text(*asn, "0.0.0.1"), "");
  EXPECT_EQ(asn->complaint(), "");
  const auto country =
      open_database(folder.write("country.csv",
                                 "\"0\",\"281470681743359\",\"-\",\"-\"\n"
                                 "\"281473902969344\",\"281473902969599\",\"NL\",\"Netherlands\"\n"
                                 "\"42540766411282592856903984951653826560\","
                                 "\"42540766490510755371168322545197776895\",\"JP\",\"Japan\"\n"));
  EXPECT_EQ(look_up_text(*country, "192.0.2.1"), "NL") << "integers of 48 bits are mapped IPv4";
  EXPECT_EQ(look_up_text(*country, "2001:db8::1"), "JP");
  EXPECT_EQ(country->complaint(), "");
  const auto city = open_database(folder.write(
      "city.csv",
      "\"3221225984\",\"3221226239\",\"US\",\"United States\",\"California\",\"LA\"\n"));
  EXPECT_EQ(look_up_text(*city, "192.0.2.1"), "US");
}

TEST(RangeFile, CityFilesGiveTheCountry) {
  const SampleFolder folder;
  const auto file = open_database(
      folder.write("city.csv", "1.0.0.0,1.0.0.255,OC,AU,Queensland,Brisbane,-27.4,153.0\n"));
  EXPECT_EQ(look_up_text(*file, "1.0.0.9"), "AU");
}

TEST(RangeFile, MalformedRowsAreCountedAndTheRestIsUsed) {
  const SampleFolder folder;
  const std::string path = folder.write("bad.csv",
                                        "192.0.2.0,192.0.2.255,NL\n"
                                        "300.0.0.0,300.0.0.1,NL\n"
                                        "198.51.100.9,198.51.100.1,DE\n"
                                        "198.51.100.1,2001:db8::1,DE\n"
                                        "192.0.2.1\n"
                                        "203.0.113.0,203.0.113.255,BR\n");
  const auto file = open_database(path);
  EXPECT_EQ(look_up_text(*file, "203.0.113.1"), "BR");
  EXPECT_EQ(file->complaint(),
            "4 of 6 rows in " + path + " could not be read, the first in line 2");
}

TEST(RangeFile, AnUnusableFileIsAnError) {
  const SampleFolder folder;
  const auto failure = [](const std::string& path) {
    const auto opened = open_range_file(path, {});
    return opened ? std::string{} : opened.error().message;
  };
  EXPECT_EQ(failure("/nonexistent/x.csv"),
            "cannot read the database /nonexistent/x.csv: No such file or directory");
  EXPECT_NE(failure(folder.write("poem.csv", "roses,are,red\nviolets,are,blue\n")).find("no rows"),
            std::string::npos);
  EXPECT_NE(failure(folder.write("empty.csv", "")).find("no rows"), std::string::npos);
  EXPECT_NE(failure(folder.write("names.csv", "192.0.2.0,192.0.2.255,Netherlands\n"))
                .find("names.csv: its rows hold neither a country code nor a network number"),
            std::string::npos);
  EXPECT_NE(failure(folder.write("zeros.csv", std::string(3 << 20, '\0'))).find("1 MiB"),
            std::string::npos);
  EXPECT_NE(failure(folder.write("torn.csv.gz", "\x1f\x8b\x08\x04\xff\xff")).find("torn.csv.gz"),
            std::string::npos);
}

TEST(RangeFile, ATruncatedGzipFileIsUsedInPart) {
  const SampleFolder folder;
  const std::string path = folder.path() + "/cut.csv.gz";
  const gzFile out = gzopen(path.c_str(), "wb");
  for (int i = 0; i < 20'000; ++i) {
    gzprintf(out, "10.%d.%d.0,10.%d.%d.255,%c%c\n", i / 256, i % 256, i / 256, i % 256,
             'A' + i % 26, 'A' + (i * 7) % 25);
  }
  gzclose(out);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  const auto file = open_database(path);
  ASSERT_TRUE(file);
  EXPECT_NE(look_up_text(*file, "10.0.1.1"), "");
  EXPECT_NE(file->complaint(), "");
}

TEST(RangeFile, AFileOfAnUnwantedKindIsNotUsed) {
  const auto file = open_database(sample_database("dbip-country.csv"), {false, true});
  EXPECT_FALSE(file->kinds().country);
  EXPECT_EQ(look_up_text(*file, "192.0.2.1"), "");
}

/// The bound for a million rows is a second; here, without optimization, five.
TEST(RangeFile, AMillionRowsLoadQuickly) {
  const SampleFolder folder;
  std::string text;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    const auto quad = [&](std::uint32_t last) {
      return std::to_string(1 + (i >> 16)) + "." + std::to_string((i >> 8) & 255) + "." +
             std::to_string(i & 255) + "." + std::to_string(last);
    };
    text += quad(0) + "," + quad(255) + "," + std::to_string(64496 + i % 5000) +
            ",\"Network, Inc. " + std::to_string(i % 5000) + "\"\n";
  }
  const std::string path = folder.write("million.csv", text);
  const auto begin = test::cpu_time();
  const auto file = open_database(path);
  const std::chrono::duration<double> took = test::cpu_time() - begin;
  EXPECT_LT(took.count(), 5.0);
  RecordProperty("seconds", std::to_string(took.count()));
  EXPECT_EQ(look_up_text(*file, "1.0.7.7"), "64503 Network, Inc. 7");
}

}  // namespace
}  // namespace synfin
