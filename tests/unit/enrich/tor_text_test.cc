// Tor's files searched as text: every edge of a row, order, size, and the change to parsed rows.
#include "enrich/tor_text.h"

#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

using test::SampleFolder;

constexpr std::uint32_t kRows = 60'000;
constexpr const char* kHead = "# Last updated based on the IPFire Location Database\n# comment\n";

/// Row i covers [1000 i, 1000 i + 499].
std::string rows(bool v6 = false) {
  std::string text = kHead;
  for (std::uint32_t i = 1; i <= kRows; ++i) {
    const char* const country = i % 2 == 0 ? "NL" : "DE";
    if (v6) {
      const auto part = [&](std::uint32_t n) {
        return Address::from_halves(0x20010DB800000000, n).to_string();
      };
      text += part(1000 * i) + "," + part(1000 * i + 499) + "," + country + "\n";
    } else {
      text +=
          std::to_string(1000 * i) + "," + std::to_string(1000 * i + 499) + "," + country + "\n";
    }
  }
  return text;
}

std::string country(GeoDatabase& database, const Address& address) {
  GeoInfo info;
  database.look_up(address, info);
  return std::string{info.country.view()};
}

TEST(TorText, FindsEveryEdge) {
  const SampleFolder folder;
  const auto v4 = open_tor_text(folder.write("geoip", rows()), {});
  const auto v6 = open_tor_text(folder.write("geoip6", rows(true)), {});
  ASSERT_TRUE(v4 && v6);
  for (const std::uint32_t i : {1u, 2u, 3u, 4095u, 29'999u, kRows - 1, kRows}) {
    const char* const expected = i % 2 == 0 ? "NL" : "DE";
    const auto at = [&](std::uint32_t n) { return Address::from_halves(0x20010DB800000000, n); };
    for (const std::uint32_t n : {1000 * i, 1000 * i + 250, 1000 * i + 499}) {
      EXPECT_EQ(country(*v4, Address::from_v4(n)), expected) << n;
      EXPECT_EQ(country(*v6, at(n)), expected) << n;
    }
    EXPECT_EQ(country(*v4, Address::from_v4(1000 * i - 1)), "") << i;
    EXPECT_EQ(country(*v4, Address::from_v4(1000 * i + 500)), "") << i;
    EXPECT_EQ(country(*v6, at(1000 * i + 500)), "") << i;
  }
  EXPECT_EQ(country(*v4, Address::from_v4(0)), "");
  EXPECT_EQ(country(*v4, Address::from_halves(0x20010DB800000000, 1000)), "") << "the other family";
  EXPECT_EQ(country(*v6, Address::from_v4(1000)), "");
}

TEST(TorText, ParsesAllRowsAfterManyLookUps) {
  const SampleFolder folder;
  const auto file = open_tor_text(folder.write("geoip", rows()), {});
  ASSERT_TRUE(file);
  for (std::uint32_t i = 1; i <= 40'000; ++i) {
    ASSERT_EQ(country(*file, Address::from_v4(1000 * i + i % 700)), i % 700 > 499 ? ""
                                                                    : i % 2 == 0  ? "NL"
                                                                                  : "DE")
        << i;
  }
  EXPECT_EQ(file->complaint(), "");
}

TEST(TorText, OtherFilesAreNotSearched) {
  const SampleFolder folder;
  EXPECT_FALSE(open_tor_text("/nonexistent/geoip", {}));
  EXPECT_FALSE(open_tor_text(folder.write("small", std::string{kHead} + "1,2,NL\n"), {}));
  EXPECT_FALSE(
      open_tor_text(folder.write("unmarked", rows().substr(std::string{kHead}.size())), {}));
  EXPECT_FALSE(open_tor_text(folder.write("geoip", rows()), {.country = false}));
}

TEST(TorText, UnsortedRowsAreParsed) {
  const SampleFolder folder;
  std::string reversed = kHead;
  for (std::uint32_t i = kRows; i > 0; --i) {
    reversed += std::to_string(1000 * i) + "," + std::to_string(1000 * i + 9) + ",NL\n";
  }
  const auto file = open_tor_text(folder.write("reversed", reversed), {});
  ASSERT_TRUE(file);
  EXPECT_EQ(country(*file, Address::from_v4(1000)), "NL");
  EXPECT_EQ(country(*file, Address::from_v4(1000 * kRows + 9)), "NL");
  EXPECT_EQ(country(*file, Address::from_v4(1010)), "");
}

}  // namespace
}  // namespace synfin
