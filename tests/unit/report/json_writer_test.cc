#include "synfin/report/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace synfin {
namespace {

TEST(JsonWriter, WritesValuesOfEveryKind) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  writer.member("text", "a\"b");
  writer.member("whole", std::numeric_limits<std::uint64_t>::max());
  writer.member("part", 0.25);
  writer.member("truth", true);
  writer.key("nothing").null();
  writer.key("list").begin_array();
  writer.value(std::uint64_t{1});
  writer.value(std::uint64_t{2});
  writer.end_array();
  writer.end_object();
  EXPECT_EQ(out, R"({"text": "a\"b", "whole": 18446744073709551615, "part": 0.25, "truth": true, )"
                 R"("nothing": null, "list": [1, 2]})");
}

TEST(JsonWriter, PutsMembersOnLines) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object(JsonWriter::Layout::Lines);
  writer.key("empty").begin_array(JsonWriter::Layout::Lines);
  writer.end_array();
  writer.key("rows").begin_array(JsonWriter::Layout::Lines);
  writer.begin_object();
  writer.member("a", std::uint64_t{1});
  writer.end_object();
  writer.end_array();
  writer.end_object();
  EXPECT_EQ(out, "{\n  \"empty\": [],\n  \"rows\": [\n    {\"a\": 1}\n  ]\n}");
}

TEST(JsonWriter, WritesNullForNonFiniteNumbers) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_array();
  writer.value(std::numeric_limits<double>::quiet_NaN());
  writer.value(std::numeric_limits<double>::infinity());
  writer.value(1e300);
  writer.end_array();
  EXPECT_EQ(nlohmann::json::parse(out), nlohmann::json({nullptr, nullptr, 1e300}));
}

TEST(JsonWriter, EscapesKeysFromElsewhere) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  writer.text_key("a\"\n").value("b");
  writer.end_object();
  EXPECT_EQ(nlohmann::json::parse(out), (nlohmann::json{{"a\"\n", "b"}}));
}

}  // namespace
}  // namespace synfin
