/// \file
/// Tests of src/base/address.cc.
#include "synfin/base/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace synfin {
namespace {

TEST(Address, IPv4FromAllSides) {
  const std::uint8_t bytes[] = {192, 0, 2, 1};
  const Address a = Address::from_v4(0xC0000201);
  EXPECT_TRUE(a.is_v4());
  EXPECT_EQ(a.v4(), 0xC0000201u);
  EXPECT_EQ(a, Address::load_v4(bytes));
  EXPECT_EQ(a, Address::parse("192.0.2.1"));
  EXPECT_EQ(a, Address::parse("::ffff:192.0.2.1"));
  EXPECT_EQ(a.to_string(), "192.0.2.1");
}

TEST(Address, StoreGivesNetworkOrder) {
  std::uint8_t out[16];
  ASSERT_EQ(Address::from_v4(0xC0000201).store(out), 4u);
  EXPECT_EQ(load_be32(out), 0xC0000201u);
  const Address v6 = Address::from_halves(0x20010DB800000000, 7);
  ASSERT_EQ(v6.store(out), 16u);
  EXPECT_EQ(Address::load_v6(out), v6);
  EXPECT_EQ(out[0], 0x20);
  EXPECT_EQ(out[15], 7);
}

/// RFC 5952 §4 and the corners of it.
TEST(Address, IPv6Text) {
  const char* const canonical[] = {
      "::",
      "::1",
      "1::",
      "2001:db8::1",
      "2001:db8:0:1:1:1:1:1",  // one zero group is not shortened
      "2001:0:0:1::1",         // the longest run
      "2001:db8::1:0:0:1",     // the first of two equal ones
      "0:1:2:3:4:5:6:7",       // the same at the front
      "fe80::1:2:3",
      "1:2:3:4:5:6:7:8",
      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
      "::fffe:0:1",
      "::ffff",
      "0:1::",
  };
  for (const char* text : canonical) {
    const auto a = Address::parse(text);
    ASSERT_TRUE(a) << text;
    EXPECT_EQ(a->to_string(), text);
  }
  EXPECT_EQ(Address::parse("2001:DB8:0:0:0:0:2:1")->to_string(), "2001:db8::2:1");
}

TEST(Address, ParseRefusesAllElse) {
  const std::string bad[] = {
      "",
      "1.2.3",
      "1.2.3.4.5",
      "256.0.0.1",
      "01.2.3.4",
      "1.2.3.4 ",
      " 1.2.3.4",
      "::1%lo",
      "[::1]",
      "::1/64",
      "1:2:3:4:5:6:7",
      ":::",
      "g::1",
      "1.2.3.4/8",
      "12345::",
      "1::2::3",
      "localhost",
      "1.2.3.-4",
      std::string("1.2.3.4\0", 8),
      std::string(200, '1'),
  };
  for (const std::string& text : bad) EXPECT_FALSE(Address::parse(text)) << text;
}

TEST(Address, OrderIsThatOfTheBytes) {
  EXPECT_LT(Address::from_v4(0x01020304), Address::from_v4(0x01020305));
  EXPECT_LT(Address::from_v4(0xFFFFFFFF), *Address::parse("2001:db8::"));
  EXPECT_LT(*Address::parse("2001:db8::ffff"), *Address::parse("2001:db8:0:1::"));
  EXPECT_FALSE(Address{}.is_v4());
}

/// Against the C library, which agrees but for IPv4-compatible addresses (deprecated, ::1.2.3.4).
TEST(Address, TextOfRandomAddressesReadsBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::uint8_t& b : bytes) b = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : 0;
    const Address a = Address::load_v6(bytes.data());
    const std::string text = a.to_string();
    ASSERT_LE(text.size(), Address::kMaxText);
    ASSERT_EQ(Address::parse(text), a) << text;
    char expected[INET6_ADDRSTRLEN];
    ASSERT_NE(inet_ntop(AF_INET6, bytes.data(), expected, sizeof expected), nullptr);
    const bool dotted = std::string_view(expected).find('.') != std::string_view::npos;
    if (!a.is_v4() && dotted) continue;
    ASSERT_EQ(a.is_v4() ? "::ffff:" + text : text, expected);
  }
}

TEST(Address, FormatToReturnsTheEnd) {
  char out[Address::kMaxText];
  const Address longest = Address::from_halves(~0ull, ~0ull);
  EXPECT_EQ(longest.format_to(out), out + Address::kMaxText);
  EXPECT_EQ(Address::from_v4(0).format_to(out), out + 7);
}

/// What inet_pton() makes of the text.
std::optional<Address> reference(const std::string& text) {
  std::uint8_t bytes[16];
  if (text.find('\0') != text.npos) return std::nullopt;
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return Address::load_v4(bytes);
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return Address::load_v6(bytes);
  return std::nullopt;
}

/// Random addresses in every notation, with random letters changed, removed and inserted.
TEST(Address, ParsesAsInetPtonDoes) {
  constexpr std::string_view kLetters = "0123456789abcdefABCDEF:.:.:. /%g";
  const std::string seeds[] = {"192.0.2.1",
                               "255.255.255.255",
                               "0.0.0.0",
                               "::",
                               "::1",
                               "2001:db8::1",
                               "1:2:3:4:5:6:7:8",
                               "::ffff:1.2.3.4",
                               "1:2:3:4:5:6:1.2.3.4",
                               "1::2:3.4.5.6",
                               "1:2:3:4:5:6:7::",
                               "::2:3:4:5:6:7:8",
                               "fe80::a:b"};
  std::mt19937 random(11);
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = seeds[random() % std::size(seeds)];
    for (auto edits = random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % (text.size() + 1);
      const auto what = random() % 3;
      const char letter = kLetters[random() % kLetters.size()];
      if (what == 0) text.insert(at, 1, letter);
      if (what == 1 && at < text.size()) text[at] = letter;
      if (what == 2 && at < text.size()) text.erase(at, 1 + random() % 3);
    }
    const auto expected = reference(text);
    ASSERT_EQ(Address::parse(text), expected) << '"' << text << '"';
    valid += expected.has_value();
  }
  EXPECT_GT(valid, 50'000);
}

}  // namespace
}  // namespace synfin
