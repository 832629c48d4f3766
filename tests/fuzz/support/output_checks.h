/// \file
/// Rules that hold for every output, whatever was captured. Each function ends the process if its
/// rule is broken.
#pragma once

#include <string_view>

namespace synfin::fuzz {

/// Text for people: valid UTF-8 without control characters, line ends and `allowed` aside.
void check_text(std::string_view text, std::string_view allowed = "\n");

void check_json(std::string_view text);
/// One JSON object for each line.
void check_json_lines(std::string_view text);

/// Each row has as many fields as the first one. Lines that begin with # are comments.
void check_tsv(std::string_view text);
/// RFC 4180: each row of a table has as many fields as its first one. An empty line separates
/// tables, and a line that begins with "# " names one.
void check_csv(std::string_view text);

/// Elements are closed.
void check_html(std::string_view text);

}  // namespace synfin::fuzz
