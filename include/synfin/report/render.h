/// \file
/// render_report(): the final report in one of five formats.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/capture_info.h"
#include "synfin/base/time.h"
#include "synfin/enrich/port_names.h"
#include "synfin/report/summary.h"

namespace synfin {

struct Table;            // report/document.h
class ConnectionSample;  // report/connection_sample.h

enum class ReportFormat : unsigned char { Text, Json, Csv, Html, Markdown };

/// "text", "json", "csv", "html", "md".
std::optional<ReportFormat> parse_report_format(std::string_view text);
/// The format for a file's extension; Text if the extension is unknown.
ReportFormat report_format_of(std::string_view path);

/// An extension of a few letters that belongs to no format is probably a mistake, such as
/// report.pdf. Returns a sentence about it, or an empty string.
std::string check_report_name(const std::string& path);
/// True if the name has such an extension.
bool has_unknown_extension(const std::string& path);

struct RenderOptions {
  bool color = false;
  bool unicode = true;
  std::size_t width = 0;   ///< columns of a text report; 0 = not bounded
  std::size_t height = 0;  ///< lines of a text report, which then shows the most important; 0 = all
  std::size_t top = 10;    ///< rows of each table in text, HTML and Markdown
  bool clips = false;      ///< a screen, on which nothing beyond `width` is visible
  bool raw_only = false;   ///< CSV or JSON, which need no text of cells
  Zone zone = Zone::Local;
  AddressBook* book = nullptr;               ///< names, countries and networks; may be null
  const std::vector<Table>* more = nullptr;  ///< tables of views, appended to the report's own
  const ConnectionSample* sample = nullptr;  ///< HTML only; may be null
  std::optional<Duration> refresh{};  ///< HTML only: the file is replaced each time this has passed
};

/// One table of a report in CSV.
struct CsvTable {
  std::string name;  ///< "services"
  std::string text;
};

/// The names of all tables that a report may have, those of views and of the inventory included.
constexpr std::string_view kTableKeys[] = {
    "capture",       "changes",     "clients",  "countries", "endpoints",   "failing",
    "floods",        "handshakes",  "hangups",  "hosts",     "idle_timers", "largest",
    "longest",       "most_active", "netstat",  "networks",  "outcomes",    "packets",
    "port_pressure", "processes",   "scanners", "services",  "shifts",      "states",
    "timeline",      "timelines"};

/// The report as CSV, one text for each table. The first holds the totals.
std::vector<CsvTable> render_csv_report(const CaptureInfo& capture, const Summary& summary,
                                        PortNames& ports, const RenderOptions& options);

/// The figures of a report with this many rows in each table (0 = all).
using SummaryRows = std::function<SummaryData(std::size_t rows)>;

/// The whole report. Text from the wire is escaped.
std::string render_report(ReportFormat format, const CaptureInfo& capture, const SummaryRows& data,
                          PortNames& ports, const RenderOptions& options);
std::string render_report(ReportFormat format, const CaptureInfo& capture, const Summary& summary,
                          PortNames& ports, const RenderOptions& options);

}  // namespace synfin
