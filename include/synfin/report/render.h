/// \file
/// A report as text a person reads or as JSON a program does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/capture_info.h"
#include "synfin/base/time.h"
#include "synfin/enrich/port_names.h"
#include "synfin/report/summary.h"

namespace synfin {

struct Table;  // report/document.h

enum class ReportFormat : unsigned char { Text, Json, Csv, Html, Markdown };

/// "text", "json", "csv", "html", "md".
std::optional<ReportFormat> parse_report_format(std::string_view text);
/// By a file's extension; Text where it says nothing.
ReportFormat report_format_of(std::string_view path);

struct RenderOptions {
  bool color = false;
  bool unicode = true;
  std::size_t width = 0;  ///< columns to fit a text report into; 0 = as wide as it needs
  std::size_t top = 10;   ///< rows of each table in text; JSON holds more
  Zone zone = Zone::Local;
  AddressBook* book = nullptr;               ///< who the addresses are
  const std::vector<Table>* more = nullptr;  ///< tables of views, behind the report's own
};

/// The whole report. Escapes what came from the wire.
std::string render_report(ReportFormat format, const CaptureInfo& capture, const Summary& summary,
                          PortNames& ports, const RenderOptions& options);

}  // namespace synfin
