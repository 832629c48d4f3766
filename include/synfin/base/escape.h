/// \file
/// Hostile text made harmless: whatever comes from the wire, from DNS or from a file passes here
/// before it reaches a terminal, a log, a page or a message.
///
/// "Unsafe" below means: control characters (C0, DEL, C1), line and paragraph separators, Unicode's
/// bidirectional and invisible format characters, and bytes that are no valid UTF-8 (RFC 3629). All
/// else passes as it is. Where unsafe bytes become \xNN a backslash is escaped too, so that the
/// text can be read back. Tested in tests/unit/base/escape_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace synfin {

/// True for what nearly every name is: ASCII letters, digits and _ . / : -, the last not in front.
/// None of the functions below would change it, but for JSON's quotes.
bool is_harmless(std::string_view text);

/// Appends `text` for a terminal or a plain line: unsafe bytes become \xNN, a backslash becomes \\.
void append_plain(std::string& out, std::string_view text);

/// The same for a terminal that does not speak UTF-8: every byte past ASCII becomes \xNN too.
void append_ascii(std::string& out, std::string_view text);

/// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Unsafe characters become \uNNNN,
/// which a reader turns back; bytes that are no valid UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Appends `text` as one CSV field (RFC 4180), quoted where needed; unsafe bytes as \xNN, a
/// backslash as \\. A text that a spreadsheet would take for a formula (= + - @ or their full-width
/// forms, tab, CR, LF first) gets a leading apostrophe.
void append_csv(std::string& out, std::string_view text);

/// Appends `text` as one field of a Zeek TSV log: \xNN for unsafe bytes (tab and newline are) and
/// for a backslash; a text that is only "-" becomes \x2d, "(empty)" becomes \x28empty), an empty
/// one "(empty)".
void append_zeek(std::string& out, std::string_view text);

/// Appends `text` for HTML element content or a quoted attribute: as append_plain, with & < > " '
/// as entities.
void append_html(std::string& out, std::string_view text);

}  // namespace synfin
