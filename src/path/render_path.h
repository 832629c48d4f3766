/// \file
/// A PathReport as a document for people, and as JSON lines, whose keys are a contract
/// (synfin-path(1)). Text from the captures is escaped. Tested in tests/unit/path/render_test.cc.
#pragma once

#include <string>

#include "path/analysis.h"
#include "synfin/report/document.h"

namespace synfin {

/// `rows` bounds the table of connections.
Document describe_path(const PathReport& report, std::size_t rows, const RenderOptions& options);

std::string render_path_json(const PathReport& report);

}  // namespace synfin
