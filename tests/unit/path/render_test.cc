#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "path/render_path.h"
#include "support/path_simulator.h"
#include "synfin/report/text_table.h"

namespace synfin {
namespace {

PathReport sample_report() {
  test::PathSimulator path;
  path.converse({.start = 1, .number = 1});
  path.lose = [](const Segment& s, Way) { return test::is_syn_ack(s); };
  for (std::uint16_t n = 2; n < 30; ++n) path.converse({.start = 1 + n * 0.05, .number = n});
  path.lose = {};
  path.rewrite = [](Segment& s, Way) { s.tos = 32; };
  path.converse({.start = 4, .number = 40, .ipv6 = true});
  PathReport report = path.compare();
  report.file = {"a/\x1b[31mevil\n.pcap", "b/server.pcap"};
  return report;
}

TEST(PathText, FitsEightyColumnsAndIsEscaped) {
  const PathReport report = sample_report();
  const RenderOptions options{.width = 80, .zone = Zone::Utc};
  const std::string text = render_text(describe_path(report, 20, options), options);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), 80u) << line;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, testing::HasSubstr("SYN-ACK left the server and never reached the client"));
  EXPECT_THAT(text, testing::HasSubstr("20 of 29; --rows and --format json show more"));
}

TEST(PathText, IsAsciiWithoutUnicode) {
  const RenderOptions options{.unicode = false, .width = 80};
  const std::string text = render_text(describe_path(sample_report(), 20, options), options);
  for (const char c : text) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  EXPECT_THAT(text, testing::HasSubstr("client -> server"));
}

TEST(PathJson, IsOneObjectPerLine) {
  const std::string json = render_path_json(sample_report());
  std::istringstream lines(json);
  std::map<std::string, int> kinds;
  for (std::string line; std::getline(lines, line);) {
    const auto row = nlohmann::json::parse(line);
    ++kinds[row.at("kind")];
    if (row["kind"] == "finding" && row["finding"] == "syn_ack_lost") {
      EXPECT_EQ(row.at("connections"), 28);
      EXPECT_EQ(row.at("of"), 30);
      EXPECT_EQ(row.at("way"), "to_client");
    }
    if (row["kind"] == "capture" && row["point"] == "client") {
      EXPECT_EQ(row.at("file"), "a/\x1b[31mevil\n.pcap");
    }
  }
  const std::map<std::string, int> expected{{"capture", 2}, {"match", 1},       {"clock", 1},
                                            {"delay", 2},   {"connection", 29}, {"finding", 3}};
  EXPECT_EQ(kinds, expected);
}

}  // namespace
}  // namespace synfin
