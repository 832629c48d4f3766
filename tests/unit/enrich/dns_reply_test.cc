// Replies byte by byte: good ones, broken ones, and ones cut anywhere.
#include "enrich/dns_reply.h"

#include <gtest/gtest.h>

#include <string>

namespace synfin {
namespace {

using std::chrono::seconds;

constexpr std::uint16_t kA = 1, kCname = 5, kPtr = 12, kAaaa = 28;

std::string u16(unsigned n) { return {static_cast<char>(n >> 8), static_cast<char>(n)}; }

std::string name_of(std::initializer_list<std::string> labels) {
  std::string bytes;
  for (const std::string& label : labels) bytes += static_cast<char>(label.size()) + label;
  return bytes + '\0';
}

/// A record that belongs to the question's name.
std::string record(unsigned type, unsigned ttl, const std::string& data) {
  return "\xc0\x0c" + u16(type) + u16(1) + u16(ttl >> 16) + u16(ttl & 0xFFFF) +
         u16(static_cast<unsigned>(data.size())) + data;
}

/// A reply to one question. `count` is the number of records in its header.
std::string reply(const std::string& records, unsigned count = 1, unsigned type = kPtr) {
  return u16(7) + "\x81\x80" + u16(1) + u16(count) + u16(0) + u16(0) +
         name_of({"host", "example"}) + u16(type) + u16(1) + records;
}

std::span<const unsigned char> bytes_of(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::string pointer(const std::string& text) {
  const auto found = pointer_of(bytes_of(text));
  return found ? found->name + ' ' + std::to_string(found->ttl.count()) : "-";
}

TEST(DnsReply, ReverseNames) {
  EXPECT_EQ(reverse_name(*Address::parse("192.0.2.1")), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(reverse_name(*Address::parse("2001:db8::a1")),
            "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(DnsReply, TheFirstPointerIsTheName) {
  const std::string www = record(kPtr, 300, name_of({"www", "example"}));
  EXPECT_EQ(pointer(reply(www)), "www.example 300");
  EXPECT_EQ(pointer(reply(www + record(kPtr, 300, name_of({"second"})), 2)), "www.example 300");
  EXPECT_EQ(pointer(reply(record(kCname, 60, name_of({"other"})) + www, 2)), "www.example 300")
      << "an alias precedes it (RFC 2317)";
  EXPECT_EQ(pointer(reply(record(kPtr, 300, "\xc0\x0c"))), "host.example 300") << "compressed";
}

TEST(DnsReply, ItsTimeToLiveIsKeptWithinBounds) {
  const std::pair<unsigned, int> cases[] = {
      {0, 30}, {29, 30}, {31, 31}, {86'400, 86'400}, {86'401, 86'400}, {0xFFFFFFFF, 86'400}};
  for (const auto& [ttl, kept] : cases) {
    EXPECT_EQ(pointer(reply(record(kPtr, ttl, name_of({"h"})))), "h " + std::to_string(kept));
  }
}

TEST(DnsReply, WhatIsNoNameIsNone) {
  EXPECT_EQ(pointer(""), "-");
  EXPECT_EQ(pointer(reply("", 0)), "-");
  EXPECT_EQ(pointer(reply("", 1)), "-") << "promised, and not there";
  EXPECT_EQ(pointer(reply("", 0xFFFF)), "-");
  EXPECT_EQ(pointer(reply(record(kA, 300, "\x01\x02\x03\x04"))), "-");
  EXPECT_EQ(pointer(reply(record(kPtr, 300, name_of({})))), "-") << "the root";
  EXPECT_EQ(pointer(reply(record(kPtr, 300, "\xc0\xff"))), "-") << "points past the end";
  EXPECT_EQ(pointer(reply("\xc0\x20" + record(kPtr, 1, "\xc0\x0c"))), "-") << "points at itself";
  EXPECT_EQ(pointer(reply(record(kPtr, 300, "\x3fshort"))), "-") << "a label beyond the end";
}

TEST(DnsReply, AnotherNameThanThatOfAHostIsNone) {
  const auto of = [](const std::string& label) {
    return pointer(reply(record(kPtr, 300, name_of({label, "example"}))));
  };
  EXPECT_EQ(of("a_b-c9"), "a_b-c9.example 300");
  for (const char* const label : {"www*", "evil DE) x", "a\x1b[31m", "=cmd()", "b\xc3\xbc", "a\\b"})
    EXPECT_EQ(of(label), "-") << label;
  EXPECT_EQ(pointer(reply(record(kPtr, 300, name_of({"10", "9", "9", "9"})))), "-") << "an address";
}

TEST(DnsReply, CutAnywhereItIsReadNoFurther) {
  const std::string whole = reply(record(kCname, 60, name_of({"other", "example"})) +
                                      record(kPtr, 300, name_of({"www", "example"})),
                                  2);
  ASSERT_EQ(pointer(whole), "www.example 300");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut(whole.data(), size);  // its own memory, for sanitizers
    EXPECT_EQ(pointer(cut), "-") << size;
    EXPECT_FALSE(holds_address(bytes_of(cut), *Address::parse("192.0.2.1")));
  }
}

TEST(DnsReply, AnAddressLeadsBackOnlyWhereItIsAmongTheRecords) {
  const Address v4 = *Address::parse("192.0.2.1"), v6 = *Address::parse("2001:db8::1");
  std::string v6_bytes(16, '\0');
  v6.store(reinterpret_cast<std::uint8_t*>(v6_bytes.data()));
  const std::string other = record(kA, 300, "\x0a\x01\x01\x01");
  const std::string mine = record(kA, 300, std::string("\xc0\x00\x02\x01", 4));
  EXPECT_TRUE(holds_address(bytes_of(reply(other + mine, 2, kA)), v4));
  EXPECT_FALSE(holds_address(bytes_of(reply(other, 1, kA)), v4));
  EXPECT_FALSE(holds_address(bytes_of(reply("", 0, kA)), v4));
  const std::string six = reply(record(kAaaa, 300, v6_bytes), 1, kAaaa);
  EXPECT_TRUE(holds_address(bytes_of(six), v6));
  EXPECT_FALSE(holds_address(bytes_of(six), v4));
  EXPECT_FALSE(holds_address(bytes_of(six), *Address::parse("2001:db8::2")));
}

TEST(DnsReply, AnAddressIsFoundAmongThousandsOfOthersOrNotButNeverBeyond) {
  std::string records;
  for (unsigned i = 0; i < 1000; ++i) records += record(kA, 300, "\x0a\x01" + u16(i));
  EXPECT_TRUE(holds_address(bytes_of(reply(records, 1000, kA)), *Address::parse("10.1.0.63")));
  EXPECT_FALSE(holds_address(bytes_of(reply(records, 1000, kA)), *Address::parse("10.2.0.0")));
}

}  // namespace
}  // namespace synfin
