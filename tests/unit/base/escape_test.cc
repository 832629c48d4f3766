// Hostile texts against every escape: nothing that moves a cursor, ends a line, opens a tag or
// starts a formula comes through, and what is harmless comes through unchanged.
#include "synfin/base/escape.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace synfin {
namespace {

using Escape = void (*)(std::string&, std::string_view);

std::string with(Escape escape, std::string_view text) {
  std::string out = "|";
  escape(out, text);
  return out.substr(1);
}

struct Case {
  std::string_view text;
  std::string_view expected;
};

void expect_all(Escape escape, const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(with(escape, c.text), c.expected) << "of " << c.text;
}

using namespace std::string_view_literals;

TEST(EscapePlain, ControlCharactersBecomeHex) {
  expect_all(append_plain, {
                               {"", ""},
                               {"www.example.org", "www.example.org"},
                               {"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
                               {"two\nlines\r", "two\\x0alines\\x0d"},
                               {"a\tb\0c"sv, "a\\x09b\\x00c"},
                               {"del\x7f", "del\\x7f"},
                               {"a\\x1b", "a\\\\x1b"},
                               {"~", "~"},
                           });
}

TEST(MaskUserinfo, HidesUserAndPasswordOfUrls) {
  EXPECT_EQ(mask_userinfo("'kafka://u:p@h/t' and smtp://me@x fail"),
            "'kafka://***@h/t' and smtp://***@x fail");
  EXPECT_EQ(mask_userinfo("clickhouse://u:a@b/c'd@h/x"), "clickhouse://***@h/x");
  EXPECT_EQ(mask_userinfo("a://b://c:d@e"), "a://***@e");
  for (const char* text : {"", "mail to a@example.net", "https://h/path, or a@b", "a://", "a://b"})
    EXPECT_EQ(mask_userinfo(text), text);
}

TEST(EscapePlain, C1ControlsBecomeHex) {
  expect_all(append_plain, {
                               {"\xc2\x9b"
                                "31m",
                                "\\xc2\\x9b31m"},
                               {"\xc2\x80\xc2\x9f", "\\xc2\\x80\\xc2\\x9f"},
                               {"\x9b", "\\x9b"},
                               {"\xc2\xa0", "\xc2\xa0"},
                           });
}

TEST(EscapePlain, ValidUtf8Passes) {
  expect_all(
      append_plain,
      {{"bücher.example", "bücher.example"}, {"日本語", "日本語"}, {"𝒳🙂", "𝒳🙂"}});
}

TEST(EscapePlain, InvalidUtf8BecomesHex) {
  expect_all(append_plain, {
                               {"\xc0\xaf", "\\xc0\\xaf"},           // overlong "/"
                               {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},  // overlong in three bytes
                               {"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},
                               {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // surrogate
                               {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // past U+10FFFF
                               {"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"},
                               {"\xe2\x82", "\\xe2\\x82"},  // cut off
                               {"\xe2\x82z", "\\xe2\\x82z"},
                               {"\xff\xfe", "\\xff\\xfe"},
                               {"\xc3", "\\xc3"},
                           });
}

TEST(EscapePlain, BidirectionalAndInvisibleCharactersBecomeHex) {
  for (const std::string_view hidden :
       {"\u202e", "\u202a", "\u2066", "\u2069", "\u200e", "\u200b", "\u200d", "\u2028", "\u2029",
        "\ufeff", "\u00ad", "\u061c", "\u180e", "\ufe0f", "\u3164", "\U000e0041", "\ufff9"}) {
    const std::string out = with(append_plain, "a" + std::string{hidden} + "b");
    EXPECT_EQ(out.size(), 2 + 4 * hidden.size()) << out;
    EXPECT_EQ(out.substr(0, 3), "a\\x");
    EXPECT_EQ(out.back(), 'b');
  }
}

TEST(EscapePlain, NeighboursOfUnsafeRangesPass) {
  for (const std::string_view text :
       {" ", "\u00a0", "\u00ac", "\u00ae", "\u2010", "\u2027", "\u202f", "\u205f", "\u2070",
        "\ufffc", "\ufffd", "\U000e1000"}) {
    EXPECT_EQ(with(append_plain, text), text);
  }
}

TEST(EscapeAscii, NothingPastAscii) {
  expect_all(
      append_ascii,
      {{"bücher", "b\\xc3\\xbccher"}, {"\x1b]0;x\x07", "\\x1b]0;x\\x07"}, {"a\\b", "a\\\\b"}});
}

TEST(EscapeJson, Strings) {
  expect_all(append_json_string, {
                                     {"", "\"\""},
                                     {"plain", "\"plain\""},
                                     {"say \"hi\"\\", "\"say \\\"hi\\\"\\\\\""},
                                     {"a\nb\0"sv, "\"a\\u000ab\\u0000\""},
                                     {"\x1b[0m\x7f", "\"\\u001b[0m\\u007f\""},
                                     {"\xc2\x9b", "\"\\u009b\""},
                                     {"\u202e", "\"\\u202e\""},
                                     {"\U000e0041", "\"\\udb40\\udc41\""},
                                     {"é🙂", "\"é🙂\""},
                                     {"a\xff\xc3", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""},
                                 });
}

TEST(EscapeCsv, QuotesOnlyWhereNeeded) {
  expect_all(append_csv, {
                             {"", ""},
                             {"plain text", "plain text"},
                             {"Example, Inc.", "\"Example, Inc.\""},
                             {"the \"best\"", "\"the \"\"best\"\"\""},
                             {" blank", "\" blank\""},
                             {"blank ", "\"blank \""},
                             {"two\r\nlines", "two\\x0d\\x0alines"},
                             {"C:\\x", "C:\\\\x"},
                         });
}

TEST(EscapeCsv, FormulasLoseTheirMeaning) {
  expect_all(append_csv, {
                             {"=1+1", "'=1+1"},
                             {"+1", "'+1"},
                             {"-1", "'-1"},
                             {"@SUM(A1)", "'@SUM(A1)"},
                             {"=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""},
                             {"\t=1", "'\\x09=1"},
                             {"\r=1", "'\\x0d=1"},
                             {"＝1", "'＝1"},
                             {"1=1", "1=1"},
                             {"'=1", "''=1"},
                             {"'x", "'x"},
                         });
}

TEST(EscapeCsv, TheApostropheCanBeRemoved) {
  for (const std::string text : {"=1", "'=1", "''=1", "＝1", "'＝1", "'x", "''", "x", "-"}) {
    std::string field;
    append_csv(field, text);
    EXPECT_EQ(without_csv_apostrophe(field), text);
  }
}

TEST(IsSafe, IfNothingHasToBeEscaped) {
  EXPECT_TRUE(is_safe("b\xc3\xbc\\cher 漢 \"'"));
  for (const char* const unsafe : {"\x1b", "\xff", "\xe2\x80\xae", "\xc2\x9b", "\xe2\xa0\x80"})
    EXPECT_FALSE(is_safe(std::string("a") + unsafe)) << unsafe;
}

TEST(EscapeZeek, FieldsStayFields) {
  expect_all(append_zeek, {
                              {"", "(empty)"},
                              {"-", "\\x2d"},
                              {"--", "--"},
                              {"(empty)", "\\x28empty)"},
                              {"a\tb\nc", "a\\x09b\\x0ac"},
                              {"a\\x09", "a\\x5cx09"},
                              {"\xff", "\\xff"},
                              {"\u202e", "\\xe2\\x80\\xae"},
                              {"a,b é", "a,b é"},
                          });
}

TEST(EscapeHtml, TagsAndAttributesStayText) {
  expect_all(append_html,
             {
                 {"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
                 {"\" onload=\"x", "&quot; onload=&quot;x"},
                 {"a&b", "a&amp;b"},
                 {"&lt;", "&amp;lt;"},
                 {"\x1b\xff\u202e\\", "\\x1b\\xff\\xe2\\x80\\xae\\\\"},
             });
}

/// Every two-byte text, and every byte inside a text: no escape lets a control byte or a line end
/// through.
TEST(EscapeAll, WhatIsHarmlessStaysAsItIs) {
  EXPECT_TRUE(is_harmless("www.example-1.net"));
  EXPECT_TRUE(is_harmless("/usr/sbin/sshd_2:x"));
  EXPECT_FALSE(is_harmless("-"));
  EXPECT_FALSE(is_harmless("a b"));
  EXPECT_FALSE(is_harmless("caf\xC3\xA9"));
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      if (!is_harmless(text)) continue;
      std::string all;
      for (const auto append : {append_plain, append_ascii, append_csv, append_zeek, append_html})
        append(all, text);
      append_json_string(all, text);
      EXPECT_EQ(all, text + text + text + text + text + '"' + text + '"');
    }
  }
}

TEST(EscapeAll, NoControlByteEverPasses) {
  const std::vector<Escape> escapes{append_plain, append_ascii, append_json_string,
                                    append_csv,   append_zeek,  append_html};
  for (unsigned pair = 0; pair < 0x10000; ++pair) {
    const std::string text{static_cast<char>(pair >> 8), static_cast<char>(pair & 0xFF)};
    for (const Escape escape : escapes) {
      const std::string out = with(escape, text);
      for (std::size_t i = 0; i < out.size(); ++i) {
        const auto b = static_cast<std::uint8_t>(out[i]);
        ASSERT_TRUE(b >= 0x20 && b != 0x7F) << pair;
        // A C1 control as UTF-8: C2 80 … C2 9F.
        if (b == 0xC2) {
          ASSERT_GE(static_cast<std::uint8_t>(out.at(i + 1)), 0xA0) << pair;
        }
      }
    }
  }
}

}  // namespace
}  // namespace synfin
