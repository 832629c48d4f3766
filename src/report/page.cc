// The HTML report. See page.h.
//
// The file contains the JSON report, the sampled connections (page_data.cc), a style and a script
// (src/report/page/, embedded at build time), and for browsers without scripts the first rows of
// each table. Its Content-Security-Policy permits exactly this style and this script, by their
// hashes, and no request. Hostile text occurs as JSON only, and the script inserts it as text.
#include "report/page.h"

#include <fmt/format.h>
#include <page_assets.h>

#include <algorithm>
#include <array>

#include "synfin/base/escape.h"
#include "synfin/report/document.h"
#include "synfin/report/summary_data.h"

namespace synfin {
namespace {

/// The rows of each table; a page that is too large gets fewer.
constexpr std::array<std::size_t, 5> kRows{500, 200, 80, 30, 10};
/// The rows of each table for browsers without scripts.
constexpr std::size_t kStaticRows = 10;
/// Files, gaps and faults that are listed.
constexpr std::size_t kMaxSentences = 100;

constexpr std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect "
    "width='16' height='16' rx='3' fill='%231f5fa8'/%3E%3Cpath d='M3 11h3V5h4v6h3' fill='none' "
    "stroke='%23fff' stroke-width='1.6'/%3E%3C/svg%3E";

void bound_sentences(std::vector<std::string>& sentences) {
  if (sentences.size() <= kMaxSentences) return;
  const std::size_t more = sentences.size() - kMaxSentences;
  sentences.resize(kMaxSentences);
  sentences.push_back(fmt::format("and {} more", more));
}

template <typename Row>
void keep_first(Ranked<Row>& ranked) {
  if (ranked.rows.size() > kStaticRows) ranked.rows.resize(kStaticRows);
}

/// The tables for browsers without scripts, as HTML.
std::string static_tables(const CaptureInfo& capture, SummaryData data, PortNames& ports,
                          RenderOptions options) {
  keep_first(data.services);
  keep_first(data.edges);
  keep_first(data.hosts);
  keep_first(data.failing);
  keep_first(data.scanners);
  keep_first(data.floods);
  keep_first(data.countries);
  keep_first(data.networks);
  keep_first(data.longest);
  keep_first(data.largest);
  options.more = nullptr;
  return render_html_tables(describe_report(capture, data, ports, options));
}

std::string head() {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>synfin report</title>\n<link rel=\"icon\" href=\"{}\">\n<style>",
      kPageStyleHash, kPageScriptHash, kIcon);
}

std::string render_rows(const CaptureInfo& capture, const SummaryData& summary, PortNames& ports,
                        RenderOptions options, std::size_t rows) {
  const SummaryData data = first_rows(summary, rows);
  const std::vector<Table> more = first_rows(options.more, rows);
  options.more = &more;
  std::string page = head();
  page += kPageStyle;
  page += "</style>\n</head>\n<body>\n<div id=\"page\"></div>\n<noscript>\n";
  page += "<p>This page shows more with JavaScript: charts, all rows, search.</p>\n";
  page += static_tables(capture, data, ports, options);
  page += "</noscript>\n<script type=\"application/json\" id=\"report\">\n";
  append_embedded_json(
      page, render_json(capture, data, ports, options.book, SYNFIN_VERSION, options.more));
  page += "</script>\n<script type=\"application/json\" id=\"more\">\n";
  std::string page_data;
  append_page_data(page_data, ports, options, rows);
  append_embedded_json(page, page_data);
  page += "</script>\n<script>";
  for (const std::string_view part : kPageScript) page += part;
  page += "</script>\n</body>\n</html>\n";
  return page;
}

}  // namespace

void append_embedded_json(std::string& out, std::string_view json) {
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t next = std::min(json.find('<', at), json.size());
    out += json.substr(at, next - at);
    if (next != json.size()) out += "\\u003c";
    at = next + 1;
  }
}

std::string render_page(const CaptureInfo& capture, const SummaryRows& data, PortNames& ports,
                        const RenderOptions& options) {
  CaptureInfo bounded = capture;
  bound_sentences(bounded.sources);
  bound_sentences(bounded.gaps);
  bound_sentences(bounded.damage);
  const SummaryData most = data(kRows.front());
  std::string page;
  for (const std::size_t rows : kRows) {
    page = render_rows(bounded, most, ports, options, rows);
    if (page.size() <= kMaxPageBytes) break;
  }
  return page;
}

}  // namespace synfin
