/// \file
/// Escapes for hostile text. Text from the wire, from DNS or from a file passes through one of
/// these functions before it reaches a terminal, a log, a page or a message.
///
/// "Unsafe" below means: control characters (C0, DEL, C1), line and paragraph separators, Unicode's
/// bidirectional and invisible format characters, and bytes that are not valid UTF-8 (RFC 3629).
/// All other text is unchanged. A function that writes unsafe bytes as \xNN also escapes
/// backslashes, so that a reader can undo the escape. Tested in tests/unit/base/escape_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace synfin {

/// True if `text` consists of ASCII letters, digits and _ . / : - only and does not begin with -,
/// as nearly every name does. No function below changes such a text, JSON's quotes aside.
bool is_harmless(std::string_view text);

/// True if nothing in `text` is unsafe.
bool is_safe(std::string_view text);

/// Appends `text` for a terminal or a plain line. Unsafe bytes become \xNN, a backslash becomes \\.
void append_plain(std::string& out, std::string_view text);

/// `text` with "***" for the user and the password of each URL in it: for what precedes the last @
/// of a word that contains "://".
std::string mask_userinfo(std::string_view text);

/// Appends `text` for a terminal without UTF-8: every byte past ASCII becomes \xNN too.
void append_ascii(std::string& out, std::string_view text);

/// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Unsafe characters become \uNNNN;
/// bytes that are not valid UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Appends `text` as one CSV field (RFC 4180), quoted if needed, with unsafe bytes as \xNN and a
/// backslash as \\. A text that a spreadsheet would read as a formula (it begins with = + - @, one
/// of their full-width forms, tab, CR or LF) gets a leading apostrophe, and so does one that begins
/// so behind apostrophes.
void append_csv(std::string& out, std::string_view text);
/// The text of which append_csv() wrote `field`, if its escapes are undone already.
std::string_view without_csv_apostrophe(std::string_view field);

/// Appends `text` as one field of a Zeek TSV log. Unsafe bytes (tab and newline among them) and
/// backslashes become \xNN. The text "-" becomes \x2d, "(empty)" becomes \x28empty), and an empty
/// text becomes "(empty)".
void append_zeek(std::string& out, std::string_view text);

/// Appends `text` for HTML element content or a quoted attribute: like append_plain(), with
/// & < > " ' as entities.
void append_html(std::string& out, std::string_view text);

}  // namespace synfin
