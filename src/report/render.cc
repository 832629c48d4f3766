// render_report(): chooses the renderer and the number of rows. See render.h.
#include "synfin/report/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "report/page.h"
#include "synfin/report/document.h"
#include "synfin/report/summary_data.h"

namespace synfin {
namespace {

/// Rows of each table in JSON and CSV.
constexpr std::size_t kMaxProgramRows = 1000;

using FormatName = std::pair<std::string_view, ReportFormat>;
constexpr std::array<FormatName, 5> kFormats{{{"text", ReportFormat::Text},
                                              {"json", ReportFormat::Json},
                                              {"csv", ReportFormat::Csv},
                                              {"html", ReportFormat::Html},
                                              {"md", ReportFormat::Markdown}}};
constexpr std::array<FormatName, 6> kExtensions{{{"json", ReportFormat::Json},
                                                 {"csv", ReportFormat::Csv},
                                                 {"html", ReportFormat::Html},
                                                 {"htm", ReportFormat::Html},
                                                 {"md", ReportFormat::Markdown},
                                                 {"txt", ReportFormat::Text}}};

template <std::size_t N>
std::optional<ReportFormat> look_up(const std::array<FormatName, N>& names, std::string_view text) {
  for (const auto& [name, format] : names) {
    if (name == text) return format;
  }
  return std::nullopt;
}

/// Markdown is for tickets, which accept about 64 KiB.
constexpr std::size_t kMaxMarkdownBytes = 60'000;

std::string render_bounded_markdown(const CaptureInfo& capture, const SummaryRows& data,
                                    PortNames& ports, RenderOptions options) {
  const std::vector<Table>* more = options.more;
  const std::size_t most = options.top == 0 ? 10 : options.top;
  const SummaryData all = data(most);
  std::string text;
  for (std::size_t rows = most; rows != 0; rows /= 2) {
    const std::vector<Table> first = first_rows(more, rows);
    options.more = &first;
    text = render_markdown(describe_report(capture, first_rows(all, rows), ports, options));
    if (text.size() <= kMaxMarkdownBytes) break;
  }
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::optional<ReportFormat> parse_report_format(std::string_view text) {
  return look_up(kFormats, text);
}

ReportFormat report_format_of(std::string_view path) {
  const std::string_view name = path.substr(path.find_last_of('/') + 1);
  const std::size_t dot = name.find_last_of('.');
  if (dot == std::string_view::npos) return ReportFormat::Text;
  std::string extension{name.substr(dot + 1)};
  std::transform(extension.begin(), extension.end(), extension.begin(), lower);
  return look_up(kExtensions, extension).value_or(ReportFormat::Text);
}

bool has_unknown_extension(const std::string& path) {
  if (report_format_of(path) != ReportFormat::Text) return false;
  const std::size_t at = path.find_last_of("./");
  if (at == path.npos || path[at] == '/') return false;
  const std::string extension = path.substr(at + 1);
  const bool letters = std::all_of(extension.begin(), extension.end(),
                                   [](unsigned char c) { return std::isalpha(c) != 0; });
  if (!letters || extension.empty() || extension.size() > 5) return false;
  for (const char* text : {"txt", "text", "log", "out"}) {
    if (extension == text) return false;
  }
  return true;
}

std::string check_report_name(const std::string& path) {
  if (!has_unknown_extension(path)) return {};
  return fmt::format(
      "--report writes .txt, .json, .csv, .html and .md files, not '{}'; --report-format chooses "
      "the format of other names",
      path);
}

std::vector<CsvTable> render_csv_report(const CaptureInfo& capture, const Summary& summary,
                                        PortNames& ports, const RenderOptions& options) {
  const SummaryData data = summary.data(kMaxProgramRows, options.book);
  return render_csv_tables(capture, data, describe_report(capture, data, ports, options));
}

std::string render_report(ReportFormat format, const CaptureInfo& capture, const Summary& summary,
                          PortNames& ports, const RenderOptions& options) {
  return render_report(
      format, capture, [&](std::size_t rows) { return summary.data(rows, options.book); }, ports,
      options);
}

std::string render_report(ReportFormat format, const CaptureInfo& capture, const SummaryRows& rows,
                          PortNames& ports, const RenderOptions& options) {
  if (format == ReportFormat::Html) return render_page(capture, rows, ports, options);
  if (format == ReportFormat::Markdown)
    return render_bounded_markdown(capture, rows, ports, options);
  const bool for_programs = format == ReportFormat::Json || format == ReportFormat::Csv;
  const SummaryData data = rows(for_programs ? kMaxProgramRows : options.top);
  if (format == ReportFormat::Json)
    return render_json(capture, data, ports, options.book, SYNFIN_VERSION, options.more);
  const Document document = describe_report(capture, data, ports, options);
  if (format == ReportFormat::Csv) return join_csv(render_csv_tables(capture, data, document));
  return render_text(document, options);
}

}  // namespace synfin
