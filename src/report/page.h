/// \file
/// The HTML report: one file that a browser shows without any request, with the figures as JSON and
/// a script that draws them. Tested in tests/unit/report/page_test.cc and by tests/page.
#pragma once

#include <string>

#include "synfin/report/render.h"

namespace synfin {

/// No page is larger than this, for any input: tables get fewer rows until it fits.
inline constexpr std::size_t kMaxPageBytes = 4'900'000;

std::string render_page(const CaptureInfo& capture, const SummaryRows& data, PortNames& ports,
                        const RenderOptions& options);

/// Appends `json` so that it can be the content of an HTML element: "<" becomes "\u003c".
void append_embedded_json(std::string& out, std::string_view json);

/// Appends what the page needs beside the JSON report: the counts of each interval and outcome, the
/// sampled connections, and the countries and networks of their addresses.
void append_page_data(std::string& out, PortNames& ports, const RenderOptions& options,
                      std::size_t rows);

}  // namespace synfin
