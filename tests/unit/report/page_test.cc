// The HTML report as text: what it contains, what it permits, and what hostile names become.
// tests/page checks it in a browser.
#include "report/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/connection_sample.h"
#include "synfin/report/document.h"
#include "synfin/report/summary_data.h"
#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::RecordSpec;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct PageSpec {
  std::string source = "a.pcap";
  std::size_t records = 1;
  std::optional<Duration> refresh = {};
  std::size_t damage = 0;
  std::vector<Table> more = {};
};

std::string page(const PageSpec& spec) {
  Summary summary(SummaryOptions{});
  ConnectionSample sample;
  for (std::size_t i = 0; i < spec.records; ++i) {
    const ConnectionRecord record =
        RecordSpec{.orig = test::numbered(static_cast<std::uint32_t>(i)), .after = 1s, .rtt = 5ms}
            .record();
    summary.add(record);
    sample.add(record);
  }
  CaptureInfo c;
  c.sources = {spec.source};
  c.damage.assign(spec.damage, "a packet is damaged");
  c.first_packet = c.last_packet = timestamp_from_ns(test::kNoon);
  c.ledger.received = c.ledger.decoded = 9;
  PortNames ports(std::vector<PortNames::Service>{});
  return render_page(
      c, [&](std::size_t rows) { return summary.data(rows); }, ports,
      {.zone = Zone::Utc, .more = &spec.more, .sample = &sample, .refresh = spec.refresh});
}

/// The JSON that the page embeds as `id`.
json embedded(const std::string& page, const std::string& id) {
  const std::string open = "<script type=\"application/json\" id=\"" + id + "\">";
  const std::size_t begin = page.find(open) + open.size();
  return json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(HtmlPage, PermitsItsOwnScriptAndStyleAndNoRequest) {
  const std::string text = page({});
  EXPECT_THAT(text, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(text, HasSubstr("default-src 'none'; style-src 'sha256-"));
  EXPECT_THAT(text, HasSubstr("; script-src 'sha256-"));
  EXPECT_THAT(text, Not(HasSubstr("unsafe-inline")));
  for (const char* loads :
       {"<img", " src=", "url(", "@import", "<iframe", "<object", "fetch(", "XMLHttpRequest",
        "WebSocket", "eval(", "innerHTML", "insertAdjacent", "document.write"}) {
    EXPECT_THAT(text, Not(HasSubstr(loads)));
  }
  EXPECT_EQ(count_of(text, "<link "), 1u) << "the icon, which is inline";
  EXPECT_THAT(text, HasSubstr("<link rel=\"icon\" href=\"data:"));
}

TEST(HtmlPage, ContainsTheJsonReport) {
  const json report = embedded(page({.records = 3}), "report");
  EXPECT_EQ(report["connections"]["total"], 3);
  EXPECT_EQ(report["services"][0]["ip"], "198.51.100.1");
}

TEST(HtmlPage, HostileNamesAreJsonOrEscaped) {
  const std::string name = "</script><script>alert('1')</script><!--\x1b&\"\xFF\xE2\x80\xA8";
  const std::string text = page({.source = name});
  EXPECT_EQ(count_of(text, "<script"), 3u);
  EXPECT_EQ(count_of(text, "</script>"), 3u);
  EXPECT_THAT(text, Not(HasSubstr("<!--")));
  EXPECT_THAT(text, HasSubstr("&lt;script&gt;alert(&#39;1&#39;)"));
  EXPECT_THAT(text, HasSubstr("\\u003c/script>\\u003cscript>alert('1')"));
  const std::string source = embedded(text, "report")["capture"]["sources"][0];
  EXPECT_THAT(source, StartsWith("</script><script>alert('1')"));
}

TEST(HtmlPage, OpensAndClosesItsElements) {
  const std::string text = page({});
  const std::string html = text.substr(0, text.find("<script type"));
  for (const std::string tag :
       {"section", "table", "tbody", "tr", "td", "th", "h2", "p", "noscript"}) {
    EXPECT_EQ(count_of(html, "<" + tag + ">") + count_of(html, "<" + tag + " "),
              count_of(html, "</" + tag + ">"))
        << tag;
  }
}

TEST(HtmlPage, ShowsTablesWithoutScripts) {
  const std::string text = page({.records = 20});
  const std::string html = text.substr(text.find("<noscript>"), text.find("</noscript>"));
  EXPECT_THAT(html, HasSubstr("<td>198.51.100.1</td><td>443</td><td class=\"right\">20</td>"));
  EXPECT_THAT(html, HasSubstr("Hosts (10 of 21)"));
}

TEST(HtmlPage, ContainsTheSampledConnections) {
  const json more = embedded(page({.records = 5}), "more");
  EXPECT_EQ(more["sample"]["total"], 5);
  EXPECT_EQ(more["sample"]["start_ms"], 1'772'366'401'000.0);
  const json stratum = more["sample"]["buckets"][0][0];
  EXPECT_EQ(more["outcomes"][stratum[0].get<std::size_t>()], "closed");
  EXPECT_EQ(stratum[1], 5);
  ASSERT_EQ(stratum[3].size(), 5u);
  const json connection = stratum[3][0];
  EXPECT_EQ(more["addresses"][connection[0].get<std::size_t>()][0], "198.18.0.0");
  EXPECT_EQ(more["addresses"][connection[2].get<std::size_t>()][0], "198.51.100.1");
  EXPECT_EQ(connection[3], 443);
  EXPECT_EQ(connection[6], 5000) << "the SYN-ACK time in microseconds";
  EXPECT_EQ(more["utc"], true);
}

TEST(HtmlPage, RefreshesItselfOnlyIfAsked) {
  EXPECT_TRUE(embedded(page({}), "more")["refresh_seconds"].is_null());
  EXPECT_EQ(embedded(page({.refresh = 10s}), "more")["refresh_seconds"], 10.0);
}

TEST(HtmlPage, MakesTheFiguresOnceHoweverFewRowsFit) {
  Summary summary(SummaryOptions{});
  for (std::uint32_t i = 0; i < 600; ++i)
    summary.add(RecordSpec{.orig = test::numbered(i), .rtt = 5ms}.record());
  const std::vector<Table> more{
      {.key = "long",
       .title = {},
       .note = {},
       .columns = {{"text", "Text"}},
       .rows = std::vector<std::vector<Cell>>(500, {text_cell(std::string(20'000, '<'))})}};
  PortNames ports(std::vector<PortNames::Service>{});
  std::size_t calls = 0;
  const auto data = [&](std::size_t rows) {
    ++calls;
    return summary.data(rows);
  };
  const std::string text = render_page({}, data, ports, {.zone = Zone::Utc, .more = &more});
  EXPECT_LE(text.size(), kMaxPageBytes);
  EXPECT_EQ(calls, 1u);
  EXPECT_EQ(embedded(text, "report").at("edges").size(), 80u) << "the third number of rows";
}

TEST(HtmlPage, StaysWithinItsBoundWithLongTexts) {
  Table table{.key = "long",
              .title = "Long",
              .note = {},
              .columns = {{"text", "Text"}},
              .rows = std::vector<std::vector<Cell>>(1000, {Cell{"", std::string(8000, '<')}})};
  const std::string text = page({.records = 20'000, .damage = 100'000, .more = {table}});
  EXPECT_LE(text.size(), kMaxPageBytes);
  const json report = embedded(text, "report");
  EXPECT_EQ(report["capture"]["damage"].size(), 101u);
  EXPECT_EQ(report["capture"]["damage"][100], "and 99900 more");
  EXPECT_LT(report["long"].size(), 500u);
  EXPECT_EQ(report["connections"]["total"], 20'000);
}

}  // namespace
}  // namespace synfin
