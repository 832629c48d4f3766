// Cells of tables as JSON: numbers that fit are numbers, whatever a server has sent.
#include <gtest/gtest.h>

#include "synfin/report/document.h"

namespace synfin {
namespace {

std::string json_of(const std::string& raw) {
  Table table;
  table.key = "t";
  table.columns.resize(1);
  table.columns[0].key = "n";
  table.columns[0].is_number = true;
  table.rows.push_back({Cell{.text = raw, .raw = raw}});
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  append_json_table(json, table);
  json.end_object();
  return out;
}

TEST(JsonTables, NumbersMayBeBeyondThoseOfIntegers) {
  EXPECT_NE(json_of("12").find(": 12}"), std::string::npos) << json_of("12");
  EXPECT_NE(json_of("-5").find(": -5"), std::string::npos) << json_of("-5");
  EXPECT_NE(json_of("1e300").find("1e+300"), std::string::npos) << json_of("1e300");
  EXPECT_NE(json_of("nan").find("\"nan\""), std::string::npos) << json_of("nan");
}

}  // namespace
}  // namespace synfin
