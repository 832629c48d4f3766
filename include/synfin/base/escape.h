/// \file
/// Hostile text made harmless: whatever comes from the wire, from DNS or from a file passes here before it
/// reaches a terminal, a log, a page or a message.
/// Tested in tests/unit/base/escape_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace synfin {

/// Appends `text` for a terminal or a plain line: control characters (C0, DEL, C1), bytes that are no valid UTF-8,
/// and Unicode's bidirectional and invisible format characters become \xNN; a backslash becomes \\.
void append_plain(std::string& out, std::string_view text);

/// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Bytes that are no valid UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Appends `text` as one CSV field (RFC 4180), quoted where needed; control characters as \xNN. A text that a
/// spreadsheet would take for a formula (= + - @, tab, CR first) gets a leading apostrophe.
void append_csv(std::string& out, std::string_view text);

/// Appends `text` as one field of a Zeek TSV log: \xNN for tabs, newlines, backslash and control characters;
/// a text that is only "-" becomes \x2d, an empty one "(empty)".
void append_zeek(std::string& out, std::string_view text);

/// Appends `text` for HTML element content or a quoted attribute.
void append_html(std::string& out, std::string_view text);

}  // namespace synfin
