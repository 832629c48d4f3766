// How filter files are read.
#include "filter/address_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "synfin/filter/address_set.h"
#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

Address address(const char* text) { return Address::parse(text).value(); }

/// leading_v4() of `text` between margins of digits, which it must not read as part of the address.
std::optional<LeadingV4> leading(const std::string& text) {
  const std::string padded = std::string(kMargin, '7') + text + std::string(kMargin, '\n');
  return leading_v4(padded.data() + kMargin);
}

TEST(LeadingV4, EqualsTheAddressParser) {
  constexpr std::string_view kLetters = "0123456789..../ a";
  std::mt19937 random(5);
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = Address::from_v4(static_cast<std::uint32_t>(random())).to_string();
    for (auto edits = random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char letter = kLetters[random() % kLetters.size()];
      random() % 2 == 0 ? text.replace(at, 1, 1, letter) : text.insert(at, 1, letter);
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto expected = Address::parse(text.substr(0, end));
    const auto got = leading(text);
    ASSERT_EQ(got.has_value(), expected.has_value()) << text;
    if (!got) continue;
    ASSERT_EQ(Address::from_v4(got->address), *expected) << text;
    ASSERT_EQ(got->length, end) << text;
    ++valid;
  }
  EXPECT_GT(valid, 50'000);
}

TEST(LeadingV4, Limits) {
  EXPECT_EQ(leading("255.255.255.255\n")->address, 0xFFFFFFFFu);
  EXPECT_EQ(leading("0.0.0.0\n")->length, 7u);
  for (const char* text : {"256.0.0.1\n", "01.2.3.4\n", "00.0.0.0\n", "1.2.3\n", "1.2.3.4.5\n",
                           "\n", "1..2.3\n", ".1.2.3.4\n", "1.2.3.\n", "1111.2.3.4\n"}) {
    EXPECT_FALSE(leading(text)) << text;
  }
}

std::optional<LeadingV6> leading6(const std::string& text) {
  const std::string padded = std::string(kMargin, '7') + text + std::string(kMargin, '\n');
  return leading_v6(padded.data() + kMargin);
}

TEST(LeadingV6, EqualsTheAddressParser) {
  constexpr std::string_view kLetters = "0123456789abcdefABCDEF::::::";
  std::mt19937_64 random(6);
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t zeros = random() % 2 == 0 ? ~std::uint64_t{0} : 0xFFFF00000000FFFF;
    std::string text = Address::from_halves(random() & zeros, random() & zeros).to_string();
    for (auto edits = random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      const char letter = kLetters[random() % kLetters.size()];
      random() % 2 == 0 ? text.replace(at, 1, 1, letter) : text.insert(at, 1, letter);
    }
    const auto expected = Address::parse(text);
    const auto got = leading6(text + "/");
    ASSERT_EQ(got.has_value(), expected.has_value()) << text;
    if (!got) continue;
    ASSERT_EQ(got->address, *expected) << text;
    ASSERT_EQ(got->length, text.size()) << text;
    ++valid;
  }
  EXPECT_GT(valid, 50'000);
}

TEST(LeadingV6, Limits) {
  EXPECT_EQ(leading6("::")->address, Address{});
  EXPECT_EQ(leading6("1::\n")->address.to_string(), "1::");
  for (const char* text : {"", ":", ":::", "1:", "1:2", ":1::2", "1::2::3", "12345::", "g::",
                           "::1:", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "1.2.3.4"})
    EXPECT_FALSE(leading6(text)) << text;
  EXPECT_EQ(leading6("::ffff:1.2.3.4")->length, 8u) << "the caller sees the dot";
}

TEST(AddressFile, Ipv6Lines) {
  const test::SampleFolder folder;
  AddressSet set;
  ASSERT_TRUE(read_address_file(folder.write("f",
                                             "2001:db8::1 # a\n2001:db8:1::/48\r\n"
                                             "::ffff:192.0.2.1\n::ffff:c000:202\n2001:DB8::2"),
                                set));
  set.build();
  for (const char* in : {"2001:db8::1", "2001:db8::2", "2001:db8:1:9::", "192.0.2.1", "192.0.2.2"})
    EXPECT_TRUE(set.contains(address(in))) << in;
  for (const char* out : {"2001:db8::3", "2001:db8:2::", "192.0.2.3"})
    EXPECT_FALSE(set.contains(address(out))) << out;
  EXPECT_FALSE(read_address_file(folder.write("bad", "2001:db8::/129\n"), set));
}

TEST(AddressFile, AddressesAndBlocks) {
  const test::SampleFolder folder;
  AddressSet set;
  ASSERT_TRUE(read_address_file(
      folder.write("f", "# known\n192.0.2.1  # a host\n\n198.51.100.0/24\r\n2001:db8::/32\n"),
      set));
  set.build();
  EXPECT_TRUE(set.contains(address("192.0.2.1")));
  EXPECT_TRUE(set.contains(address("198.51.100.9")));
  EXPECT_TRUE(set.contains(address("2001:db8::9")));
  EXPECT_FALSE(set.contains(address("192.0.2.2")));
}

TEST(AddressFile, ABadLineIsAUsageError) {
  const test::SampleFolder folder;
  AddressSet set;
  const std::string path = folder.write("bad", "192.0.2.1\nhost.example\n");
  const Status bad = read_address_file(path, set);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, path + ", line 2: 'host.example' is not an address or CIDR block");
  EXPECT_EQ(bad.error().kind, ErrorKind::Usage);
}

TEST(AddressFile, HasALimit) {
  const test::SampleFolder folder;
  const std::string path = folder.write("many", "192.0.2.1\n# two\n192.0.2.3\n");
  AddressSet set;
  EXPECT_TRUE(read_address_file(path, set, 3));
  const Status wrong = read_address_file(path, set, 2);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("a file of addresses has at most 2 lines"),
            std::string::npos);
  EXPECT_EQ(wrong.error().kind, ErrorKind::Usage);
}

/// Longer than the buffer, so that lines begin in one part and end in the next.
TEST(AddressFile, LongerThanTheBuffer) {
  const test::SampleFolder folder;
  std::string text = "# a list\n";
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    text += Address::from_v4(i * 21'013u).to_string();
    text += i % 3 == 0 ? "\r\n" : "\n";
    if (i % 1000 == 0) text += "2001:db8:" + fmt::format("{:x}", i / 1000) + "::/48 # note\n";
  }
  AddressSet set;
  ASSERT_TRUE(read_address_file(folder.write("long", text + "203.0.113.7"), set));
  set.build();
  for (std::uint32_t i = 0; i < 200'000; ++i)
    ASSERT_TRUE(set.contains(Address::from_v4(i * 21'013u))) << i;
  EXPECT_TRUE(set.contains(address("203.0.113.7"))) << "the last line has no newline";
  EXPECT_TRUE(set.contains(address("2001:db8:c7::1")));
  EXPECT_FALSE(set.contains(address("2001:db8:c8::1")));
  EXPECT_FALSE(set.contains(Address::from_v4(21'014)));
}

TEST(AddressFile, AByteOrderMarkIsNoAddress) {
  const test::SampleFolder folder;
  AddressSet set;
  ASSERT_TRUE(read_address_file(folder.write("mark",
                                             "\xef\xbb\xbf"
                                             "192.0.2.1\r\n"),
                                set));
  set.build();
  EXPECT_TRUE(set.contains(address("192.0.2.1")));
}

TEST(AddressFile, ErrorsAreShort) {
  const test::SampleFolder folder;
  AddressSet set;
  const std::string long_line = folder.write("long", "192.0.2.1\n" + std::string(500, 'x'));
  const Status bad = read_address_file(long_line, set);
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("line 2"), std::string::npos);
  EXPECT_LT(bad.error().message.size(), long_line.size() + 150);
  EXPECT_TRUE(read_address_file(folder.write("c", "#" + std::string(200'000, ' ') + "\n"), set));
  const Status endless = read_address_file(folder.write("endless", std::string(1 << 19, '1')), set);
  ASSERT_FALSE(endless);
  EXPECT_NE(endless.error().message.find("line 1: the line is longer than 256 KiB"),
            std::string::npos);
  const Status missing = read_address_file(folder.write("f", "") + ".none", set);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace synfin
