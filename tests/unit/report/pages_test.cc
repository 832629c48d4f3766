// Markdown and CSV: the content of the text report, escaped for each format.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "synfin/report/document.h"
#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using test::RecordSpec;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string render(ReportFormat format, const std::string& source) {
  Summary summary(SummaryOptions{});
  summary.add(
      RecordSpec{.after = 1s, .lasts = 2s, .rtt = 5ms, .sent = 2048, .received = 10}.record());
  summary.add(RecordSpec{.outcome = Outcome::Refused}.record());
  CaptureInfo c;
  c.sources = {source};
  c.first_packet = timestamp_from_ns(test::kNoon);
  c.last_packet = c.first_packet + 1s;
  c.ledger.received = c.ledger.decoded = 9;
  PortNames ports(std::vector<PortNames::Service>{});
  return render_report(format, c, summary, ports, {.zone = Zone::Utc});
}

TEST(MarkdownReport, HasTables) {
  const std::string text = render(ReportFormat::Markdown, "a.pcap");
  EXPECT_THAT(text, StartsWith("# synfin report\n"));
  EXPECT_THAT(text, HasSubstr("\n## Services\n\n| Address | Port | Attempts |"));
  EXPECT_THAT(text, HasSubstr("\n| --- | --- | ---: |"));
  EXPECT_THAT(text, HasSubstr("| 198.51.100.1 | 443 | 2 | 50.0% |"));
}

TEST(MarkdownReport, FitsATicket) {
  Summary summary(SummaryOptions{});
  for (std::uint32_t i = 0; i < 5000; ++i)
    summary.add(RecordSpec{.orig = test::numbered(i), .outcome = Outcome::Refused}.record());
  const std::vector<Table> more{
      {.key = "long",
       .title = "Long",
       .note = {},
       .columns = {{"text", "Text"}},
       .rows = std::vector<std::vector<Cell>>(900, {text_cell(std::string(9000, 'x'))})}};
  PortNames ports(std::vector<PortNames::Service>{});
  const std::string text =
      render_report(ReportFormat::Markdown, {}, summary, ports, {.zone = Zone::Utc, .more = &more});
  EXPECT_LE(text.size(), 60'000u);
  EXPECT_THAT(text, HasSubstr("## Long \\(5 of 900\\)"));
  EXPECT_THAT(text, HasSubstr("## Hosts \\(5 of 5,001\\)"));
}

TEST(MarkdownReport, EveryRowHasAllItsColumns) {
  std::istringstream lines(render(ReportFormat::Markdown, "a|b.pcap"));
  long expected = 0;
  for (std::string line; std::getline(lines, line);) {
    const long bars =
        std::count(line.begin(), line.end(), '|') - (line.find("\\|") != std::string::npos);
    expected = bars == 0 || expected == 0 ? bars : expected;
    EXPECT_EQ(bars, expected) << line;
  }
}

TEST(MarkdownReport, EscapesAFileName) {
  const std::string text = render(ReportFormat::Markdown, "<b>x|`y`[z](u)\n# w");
  EXPECT_THAT(text, HasSubstr(R"(&lt;b\>x\|\`y\`\[z\]\(u\)\\x0a\# w)"));
}

TEST(MarkdownReport, NamesBecomeNoLinks) {
  const std::string text = render(ReportFormat::Markdown, "http://a.example www.b.example $x$");
  EXPECT_THAT(text, HasSubstr(R"(http\://a.example www\.b.example \$x\$)"));
}

TEST(CsvReport, HasATableOfRawValuesForEachSection) {
  const std::string text = render(ReportFormat::Csv, "a.pcap");
  EXPECT_THAT(text, StartsWith("# capture\r\nwhat,value\r\nsource,a.pcap\r\n"));
  for (const char* part : {"\r\nconnections,", "\r\norig_bytes,",
                           "\r\n\r\n# services\r\nip,port,attempts,", "\r\n198.51.100.1,443,",
                           ",0.500000,", ",2058", "2026-03-01T12:00:01.000000Z", "\r\nclosed,1,"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  std::istringstream lines(text);
  std::ptrdiff_t commas = -1;  // of the head of this table
  for (std::string line; std::getline(lines, line);) {
    if (line == "\r" || line.starts_with("# ")) {
      commas = -1;
      continue;
    }
    if (line.find('"') != std::string::npos) continue;
    const auto here = std::count(line.begin(), line.end(), ',');
    if (commas < 0) commas = here;
    EXPECT_EQ(here, commas) << line;
  }
}

TEST(CsvReport, TheTimelineHasARowForEachBucket) {
  const std::string text = render(ReportFormat::Csv, "a.pcap");
  const std::size_t begin =
      text.find("# timeline\r\nstart,seconds,connections,failed,bytes\r\n2026-");
  ASSERT_NE(begin, std::string::npos) << text;
  const std::string table = text.substr(begin, text.find("\r\n\r\n", begin) - begin);
  EXPECT_GT(std::count(table.begin(), table.end(), '\n'), 2);
}

TEST(CsvReport, NeutralizesFormulas) {
  EXPECT_THAT(render(ReportFormat::Csv, "=cmd|' /C calc'!A0"), HasSubstr("\r\nsource,'=cmd"));
}

TEST(RenderReport, KnowsItsFormats) {
  EXPECT_EQ(parse_report_format("text"), ReportFormat::Text);
  EXPECT_EQ(parse_report_format("json"), ReportFormat::Json);
  EXPECT_EQ(parse_report_format("csv"), ReportFormat::Csv);
  EXPECT_EQ(parse_report_format("html"), ReportFormat::Html);
  EXPECT_EQ(parse_report_format("md"), ReportFormat::Markdown);
  EXPECT_EQ(parse_report_format("yaml"), std::nullopt);
  EXPECT_EQ(parse_report_format(""), std::nullopt);
}

TEST(RenderReport, DerivesTheFormatFromTheExtension) {
  EXPECT_EQ(report_format_of("a.json"), ReportFormat::Json);
  EXPECT_EQ(report_format_of("/tmp/x.y/A.CSV"), ReportFormat::Csv);
  EXPECT_TRUE(has_unknown_extension("dir.d/a.pdf"));
  EXPECT_FALSE(has_unknown_extension("a.json"));
  EXPECT_FALSE(has_unknown_extension("a.txt"));
  EXPECT_FALSE(has_unknown_extension("-"));
  EXPECT_EQ(report_format_of("a.htm"), ReportFormat::Html);
  EXPECT_EQ(report_format_of("a.html"), ReportFormat::Html);
  EXPECT_EQ(report_format_of("a.md"), ReportFormat::Markdown);
  EXPECT_EQ(report_format_of("a.txt"), ReportFormat::Text);
  EXPECT_EQ(report_format_of("dir.json/report"), ReportFormat::Text);
  EXPECT_EQ(report_format_of("-"), ReportFormat::Text);
  EXPECT_EQ(report_format_of(""), ReportFormat::Text);
}

}  // namespace
}  // namespace synfin
