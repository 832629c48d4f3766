// decode_utf8() on valid and invalid bytes, clip_utf8() at the edges of characters.
#include "synfin/base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace synfin {
namespace {

TEST(DecodeUtf8, EverySize) {
  const struct {
    std::string_view text;
    std::uint32_t code;
  } cases[] = {{"A", 0x41}, {"é", 0xE9}, {"€", 0x20AC}, {"😀", 0x1F600}};
  for (const auto& one : cases) {
    const Utf8Character c = decode_utf8(one.text);
    EXPECT_TRUE(c.valid) << one.text;
    EXPECT_EQ(c.code, one.code);
    EXPECT_EQ(c.size, one.text.size());
  }
}

TEST(DecodeUtf8, InvalidBytesAreOneByteLong) {
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xE2\x82", "\xC3("}) {
    const Utf8Character c = decode_utf8(text);
    EXPECT_FALSE(c.valid);
    EXPECT_EQ(c.size, 1u);
    EXPECT_EQ(c.code, static_cast<unsigned char>(text[0]));
  }
}

TEST(ClipUtf8, NeverCutsACharacter) {
  EXPECT_EQ(clip_utf8("abc", 3), "abc");
  EXPECT_EQ(clip_utf8("abcd", 3), "abc");
  EXPECT_EQ(clip_utf8("a€b", 3), "a");
  EXPECT_EQ(clip_utf8("a€b", 4), "a€");
  EXPECT_EQ(clip_utf8("😀😀", 7), "😀");
  EXPECT_EQ(clip_utf8("", 0), "");
  EXPECT_LE(clip_utf8(std::string(100, '\x80'), 10).size(), 10u);
}

}  // namespace
}  // namespace synfin
