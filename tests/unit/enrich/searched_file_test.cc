// A large sorted file is searched where it lies, and says the same as when all of it is read.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "enrich/range_file.h"

namespace synfin {
namespace {

/// Some 70 000 rows as Tor writes them, with gaps between some.
std::string rows_of_tor() {
  std::string text = "# This file has been converted from the IPFire Location database\n#\n";
  std::mt19937 random(7);
  std::uint32_t at = 16'777'216;
  for (int i = 0; i < 70'000; ++i) {
    const std::uint32_t size = 256u << (random() % 6);
    const char country[] = {static_cast<char>('A' + random() % 26), 'E', '\0'};
    text += fmt::format("{},{},{}\n", at, at + size - 1, i % 50 == 0 ? "??" : country);
    at += size + (random() % 4 == 0 ? 256 : 0);
  }
  return text;
}

class SearchedFile : public testing::Test {
 protected:
  explicit SearchedFile(const std::string& text = rows_of_tor())
      : path_(std::filesystem::temp_directory_path() / fmt::format("searched-{}", getpid())) {
    std::ofstream(path_) << text;
  }
  ~SearchedFile() override { std::filesystem::remove(path_); }
  static CountryCode country(GeoDatabase& in, std::uint32_t address) {
    GeoInfo where;
    in.look_up(Address::from_v4(address), where);
    return where.country;
  }
  std::string path_;
};

TEST_F(SearchedFile, SaysWhatReadingAllOfItSays) {
  const auto searched = search_range_file(path_, {}, -1);
  ASSERT_NE(searched, nullptr);
  const auto read = read_range_file(path_, {}, -1);
  ASSERT_TRUE(read);
  std::mt19937 random(11);
  int known = 0;
  // Past the thousandth all rows are read, at some time.
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t address = 16'000'000 + static_cast<std::uint32_t>(random() % 200'000'000);
    const CountryCode wanted = country(**read, address);
    known += wanted.known();
    ASSERT_EQ(country(*searched, address), wanted) << Address::from_v4(address).to_string();
  }
  EXPECT_GT(known, 1000);
}

TEST_F(SearchedFile, TheFirstAndTheLastRow) {
  const auto searched = search_range_file(path_, {}, -1);
  ASSERT_NE(searched, nullptr);
  const auto read = read_range_file(path_, {}, -1);
  for (std::uint32_t address = 16'777'000; address < 16'779'000; address += 64)
    EXPECT_EQ(country(*searched, address), country(**read, address)) << address;
  EXPECT_FALSE(country(*searched, 0).known());
  EXPECT_FALSE(country(*searched, 0xFFFFFFFF).known());
  GeoInfo where;
  searched->look_up(*Address::parse("2001:db8::1"), where);
  EXPECT_FALSE(where.country.known());
}

TEST_F(SearchedFile, WhoTruncatesItEndsNobody) {
  const auto searched = search_range_file(path_, {}, -1);
  ASSERT_NE(searched, nullptr);
  std::filesystem::resize_file(path_, 100);
  for (std::uint32_t i = 0; i < 2000; ++i) country(*searched, i << 20);
}

TEST_F(SearchedFile, SmallFilesAndOthersAreRead) {
  std::ofstream(path_) << "# IPFire Location\n16777216,16777471,AU\n";
  EXPECT_EQ(search_range_file(path_, {}, -1), nullptr);
  std::ofstream(path_) << rows_of_tor().substr(100);
  EXPECT_EQ(search_range_file(path_, {}, -1), nullptr);
  EXPECT_EQ(search_range_file("/nonexistent/geoip", {}, -1), nullptr);
}

}  // namespace
}  // namespace synfin
