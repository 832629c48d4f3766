// RangeRow: each layout, quoting, and malformed rows.
#include "enrich/range_row.h"

#include <gtest/gtest.h>

#include <string>

namespace synfin {
namespace {

/// "first last country number name" of a row, or "-" for a malformed row.
std::string text_of(std::string_view line, char separator = ',') {
  const auto row = RangeRow::parse(line, separator);
  if (!row) return "-";
  std::string text = row->first.to_string() + ' ' + row->last.to_string();
  if (row->facts.country.known()) text += ' ' + std::string(row->facts.country.view());
  if (row->facts.asn != 0) text += ' ' + std::to_string(row->facts.asn);
  const std::string name = plain_field(row->facts.org, separator);
  return name.empty() ? text : text + ' ' + name;
}

TEST(RangeRow, EachLayout) {
  EXPECT_EQ(text_of("192.0.2.0,192.0.2.255,AU"), "192.0.2.0 192.0.2.255 AU");
  EXPECT_EQ(text_of("192.0.2.0,192.0.2.255,OC,AU,Queensland,Brisbane,-27.4,153.0"),
            "192.0.2.0 192.0.2.255 AU");
  EXPECT_EQ(text_of("192.0.2.0,192.0.2.255,64500,\"Example, Inc.\""),
            "192.0.2.0 192.0.2.255 64500 Example, Inc.");
  EXPECT_EQ(text_of("192.0.2.0\t192.0.2.255\t64500\tAU\tEXAMPLE - An Example", '\t'),
            "192.0.2.0 192.0.2.255 AU 64500 EXAMPLE - An Example");
  EXPECT_EQ(text_of("192.0.2.0\t192.0.2.255\t0\tNone\tNot routed", '\t'),
            "192.0.2.0 192.0.2.255 Not routed");
  EXPECT_EQ(text_of(R"("3221225984","3221226239","192.0.2.0/24","64500","Example, Inc.")"),
            "192.0.2.0 192.0.2.255 64500 Example, Inc.");
  EXPECT_EQ(text_of(R"("0","281470681743359","-","-")"), "::fffe:ffff:ffff ::fffe:ffff:ffff");
  EXPECT_EQ(text_of("3221225984,3221226239,AS64500,Example"),
            "192.0.2.0 192.0.2.255 64500 Example");
  EXPECT_EQ(text_of("2001:db8::,2001:db8::ffff,JP"), "2001:db8:: 2001:db8::ffff JP");
}

TEST(RangeRow, NumbersReachTo128Bits) {
  EXPECT_EQ(text_of("4294967295,4294967295,AU"), "255.255.255.255 255.255.255.255 AU");
  EXPECT_EQ(text_of("4294967296,4294967296,AU"), "::1:0:0 ::1:0:0 AU");
  EXPECT_EQ(
      text_of("42540766411282592856903984951653826560,42540766411282592875350729025363378175,JP"),
      "2001:db8:: 2001:db8::ffff:ffff:ffff:ffff JP");
}

TEST(RangeRow, QuotesAreRemoved) {
  EXPECT_EQ(text_of(R"("192.0.2.0","192.0.2.255","AU")"), "192.0.2.0 192.0.2.255 AU");
  EXPECT_EQ(plain_field(R"("the ""big"" one, truly",next)", ','), R"(the "big" one, truly)");
  EXPECT_EQ(plain_field(R"("never closed,next)", ','), R"("never closed)");
  EXPECT_EQ(plain_field("", ','), "");
}

TEST(RangeRow, MalformedRows) {
  for (const char* const line :
       {"", ",", "192.0.2.0", "192.0.2.0,", "192.0.2.0,192.0.2.255", "192.0.2.0,192.0.2.255,",
        "192.0.2.255,192.0.2.0,AU", "192.0.2.0,2001:db8::,AU", "192.0.2.256,192.0.2.257,AU",
        "192.0.2,192.0.2.255,AU", "192.0.2.0.1,192.0.2.255,AU", "start,end,country", "-1,5,AU",
        "1234567890123456789012345678901234567890,1,AU", "192.0.2.0/24,AU"}) {
    EXPECT_EQ(text_of(line), "-") << line;
  }
}

TEST(RangeRow, UnknownDataIsNotAnError) {
  EXPECT_EQ(text_of("192.0.2.0,192.0.2.255,ZZ"), "192.0.2.0 192.0.2.255");
  EXPECT_EQ(text_of("192.0.2.0,192.0.2.255,Atlantis"), "192.0.2.0 192.0.2.255");
}

}  // namespace
}  // namespace synfin
