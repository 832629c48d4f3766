#include "synfin/report/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace synfin {
namespace {

TEST(JsonWriter, WritesValuesOfEveryKind) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("text", "a\"b");
  json.member("whole", std::numeric_limits<std::uint64_t>::max());
  json.member("part", 0.25);
  json.member("truth", true);
  json.key("nothing").null();
  json.key("list").begin_array();
  json.value(std::uint64_t{1});
  json.value(std::uint64_t{2});
  json.end_array();
  json.end_object();
  EXPECT_EQ(out, R"({"text": "a\"b", "whole": 18446744073709551615, "part": 0.25, "truth": true, )"
                 R"("nothing": null, "list": [1, 2]})");
}

TEST(JsonWriter, PutsMembersOnLines) {
  std::string out;
  JsonWriter json(out);
  json.begin_object(JsonWriter::Layout::Lines);
  json.key("empty").begin_array(JsonWriter::Layout::Lines);
  json.end_array();
  json.key("rows").begin_array(JsonWriter::Layout::Lines);
  json.begin_object();
  json.member("a", std::uint64_t{1});
  json.end_object();
  json.end_array();
  json.end_object();
  EXPECT_EQ(out, "{\n  \"empty\": [],\n  \"rows\": [\n    {\"a\": 1}\n  ]\n}");
}

TEST(JsonWriter, WritesNullForNonFiniteNumbers) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.value(std::numeric_limits<double>::quiet_NaN());
  json.value(std::numeric_limits<double>::infinity());
  json.value(1e300);
  json.end_array();
  EXPECT_EQ(nlohmann::json::parse(out), nlohmann::json({nullptr, nullptr, 1e300}));
}

TEST(JsonWriter, EscapesKeysFromElsewhere) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.text_key("a\"\n").value("b");
  json.end_object();
  EXPECT_EQ(nlohmann::json::parse(out), (nlohmann::json{{"a\"\n", "b"}}));
}

}  // namespace
}  // namespace synfin
