// JSON texts as trees, and texts that are no JSON.
#include "report/json_value.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

TEST(JsonValue, IsATree) {
  const auto value = JsonValue::parse(
      " {\"a\": [1, -2.5e1, null, true, false], \"b\": {\"c\": \"x\\u00e4\\ud83d\\ude00\\n\"}} ");
  ASSERT_TRUE(value);
  const JsonValue& root = *value;
  ASSERT_EQ(root["a"].items().size(), 5u);
  EXPECT_EQ(root["a"].items()[1].number(), -25);
  EXPECT_EQ(root["a"].items()[2].kind(), JsonValue::Kind::Null);
  EXPECT_TRUE(root["a"].items()[3].boolean());
  EXPECT_FALSE(root["a"].items()[4].boolean());
  EXPECT_EQ(root["b"]["c"].text(), "x\xc3\xa4\xf0\x9f\x98\x80\n");
  EXPECT_EQ(root["none"]["either"].kind(), JsonValue::Kind::Null);
}

TEST(JsonValue, RefusesOtherTexts) {
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "\"", "\"\\x\"", "\"\\ud800\"",
                           "nul", "nan", "-inf", "-", "1 2", "[1 2]", "{1:2}", "\"\\u12\""})
    EXPECT_FALSE(JsonValue::parse(text)) << text;
  EXPECT_FALSE(JsonValue::parse(std::string(10'000, '[')));
  EXPECT_TRUE(JsonValue::parse(std::string(60, '[') + std::string(60, ']')));
  std::string zeros = "[0";
  for (std::size_t i = 1; i < JsonValue::kMaxValues; ++i) zeros += ",0";
  EXPECT_FALSE(JsonValue::parse(zeros + "]")) << "too many";
}

}  // namespace
}  // namespace synfin
