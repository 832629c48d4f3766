// See log_parser.h.
#include "log/log_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "log/json_line.h"
#include "synfin/base/escape.h"

namespace synfin {
namespace {

/// Columns and members beyond it are skipped; no log has that many.
constexpr std::size_t kMaxColumns = 1024;
/// A header that is longer is none.
constexpr std::size_t kMaxHead = 64 * 1024;

/// Removes the first line and returns it without its end. `whole` is false if it has no end.
std::string_view take_line(std::string_view& text, bool* whole = nullptr) {
  const std::size_t end = text.find('\n');
  if (whole != nullptr) *whole = end != text.npos;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Every log begins with a line of text, unlike captures and other binary files, in which a pipe
/// may never deliver a line end.
bool begins_with_text(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\n'));
  return std::ranges::none_of(
      line, [](unsigned char c) { return (c < 0x20 && c != '\t' && c != '\r') || c == 0x7F; });
}

/// The part of `text` before the next `separator`, which is removed from it.
std::string_view take_field(std::string_view& text, char separator) {
  const void* found = text.empty() ? nullptr : std::memchr(text.data(), separator, text.size());
  const std::size_t end =
      found == nullptr ? text.size()
                       : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  const std::string_view field = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return field;
}

/// "\x09" → a tab.
std::string hex_unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const bool escape = text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x';
    if (escape &&
        std::from_chars(&text[i + 2], &text[i + 2] + 2, byte, 16).ptr == &text[i + 2] + 2) {
      out += static_cast<char>(byte);
      i += 3;
    } else if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\\') {
      out += text[i++];
    } else {
      out += text[i];
    }
  }
  return out;
}

/// The next field of a CSV line, without its quotes. Returns false if a quote is not closed.
bool take_csv_field(std::string_view& rest, std::string_view& field) {
  if (!rest.starts_with('"')) {
    field = take_field(rest, ',');
    return true;
  }
  std::size_t at = 1;
  for (;; at += 2) {  // "" is a quote within the field
    at = rest.find('"', at);
    if (at == rest.npos) return false;
    if (at + 1 >= rest.size() || rest[at + 1] != '"') break;
  }
  field = rest.substr(1, at - 1);
  rest.remove_prefix(at + 1);
  if (rest.starts_with(',')) {
    rest.remove_prefix(1);
    return true;
  }
  return rest.empty();
}

/// Undoes append_csv().
std::string csv_unescaped(std::string_view text) {
  std::string once;
  for (std::size_t i = 0; i < text.size(); ++i) {
    once += text[i];
    if (text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') ++i;
  }
  const std::string plain = hex_unescaped(once);
  return std::string(without_csv_apostrophe(plain));
}

}  // namespace

bool LogParser::is_enough(std::string_view head) {
  if (head.empty()) return false;
  if (head.size() >= kMaxHead || !begins_with_text(head)) return true;
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  bool whole = false;
  LogParser parser(Format::Tsv);
  while (!head.empty()) {
    const std::string_view line = take_line(head, &whole);
    if (whole && line.starts_with('#')) parser.read_header(line);
    if (whole && (!line.starts_with('#') || !parser.columns_.empty())) return true;
  }
  return false;
}

/// A parser that knows the columns that the first lines name, if these are lines of text.
std::optional<LogParser> LogParser::with_columns_of(std::string_view head) {
  head = head.substr(0, kMaxHead);
  if (!begins_with_text(head)) return std::nullopt;
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  if (head.starts_with('#')) {
    LogParser parser(Format::Tsv);
    // The first names of columns decide, however many lines the head has.
    for (std::string_view rest = head; rest.starts_with('#') && parser.columns_.empty();)
      parser.read_header(take_line(rest));
    return parser;
  }
  const std::string_view first = take_line(head);
  if (first.starts_with('{')) {
    LogParser parser(Format::Json);
    RecordDraft draft;
    (void)parser.parse(first, draft);
    return parser;
  }
  LogParser parser(Format::Csv);
  parser.unset_.clear();
  parser.empty_.clear();
  parser.set_columns(first, ',');
  return parser;
}

std::optional<LogParser> LogParser::recognize(std::string_view head) {
  std::optional<LogParser> parser = with_columns_of(head);
  if (parser && !parser->known_.is_connection_log()) parser.reset();
  return parser;
}

std::vector<std::string_view> LogParser::missing_columns(std::string_view head) {
  constexpr std::size_t kFew = 3;
  const std::optional<LogParser> parser = with_columns_of(head);
  std::vector<std::string_view> missing;
  if (!parser) return missing;
  for (const std::string_view name : kRequiredColumns) {
    if (!parser->known_.has(name)) missing.push_back(name);
  }
  if (std::size(kRequiredColumns) - missing.size() < kFew) missing.clear();
  return missing;
}

/// One of Zeek's lines that begin with '#'. A file may have several headers, if it was put together
/// from others.
void LogParser::read_header(std::string_view line) {
  const auto value_of = [&](std::string_view keyword) -> std::optional<std::string_view> {
    if (!line.starts_with(keyword) || line.size() <= keyword.size()) return std::nullopt;
    const char next = line[keyword.size()];
    if (next != separator_ && next != ' ' && next != '\t') return std::nullopt;
    return line.substr(keyword.size() + 1);
  };
  if (const auto separator = value_of("#separator")) {
    const std::string character = hex_unescaped(*separator);
    if (character.size() == 1) separator_ = character[0];
  } else if (const auto unset = value_of("#unset_field")) {
    unset_ = *unset;
  } else if (const auto empty = value_of("#empty_field")) {
    empty_ = *empty;
  } else if (const auto path = value_of("#path")) {
    path_ = *path;
  } else if (const auto names = value_of("#fields")) {
    set_columns(*names, separator_);
  }
}

void LogParser::set_columns(std::string_view names, char separator) {
  columns_.clear();
  known_ = {};
  while (!names.empty() && columns_.size() < kMaxColumns) {
    std::string_view name = take_field(names, separator);
    if (name.size() > 1 && name.front() == '"' && name.back() == '"')
      name = name.substr(1, name.size() - 2);
    columns_.push_back(find_record_column(name));
    if (columns_.back() != kSkippedColumn) known_.add(columns_.back());
  }
}

LineKind LogParser::parse(std::string_view line, RecordDraft& draft) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return LineKind::NoRecord;
  if (format_ == Format::Tsv && line[0] == '#') {
    read_header(line);
    return LineKind::NoRecord;
  }
  // The first line of each CSV file that was appended to another one is its header.
  if (format_ == Format::Csv && (line.starts_with("ts,") || line.starts_with("\xef\xbb\xbf")))
    return LineKind::NoRecord;
  draft.clear();
  bool read = false;
  switch (format_) {
    case Format::Tsv:
      read = parse_fields(line, draft);
      break;
    case Format::Json:
      read = parse_json(line, draft);
      break;
    case Format::Csv:
      read = parse_csv(line, draft);
      break;
  }
  if (!read) return LineKind::Unreadable;
  return !draft.is_tcp || complete(draft) ? LineKind::Record : LineKind::Unreadable;
}

bool LogParser::parse_fields(std::string_view line, RecordDraft& draft) {
  const char* at = line.data();
  const char* const end = at + line.size();
  const std::size_t count = columns_.size();
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const void* const found =
        at == end ? nullptr : std::memchr(at, separator_, static_cast<std::size_t>(end - at));
    if ((found == nullptr) != last) return false;
    const char* const stop = found == nullptr ? end : static_cast<const char*>(found);
    if (columns_[i] != kSkippedColumn) {
      const std::string_view text(at, static_cast<std::size_t>(stop - at));
      if (!is_unset(text) && !set_column(draft, columns_[i], text)) return false;
      if (!draft.is_tcp) return true;  // nobody counts the rest
    }
    at = stop + 1;
  }
  return count != 0;
}

bool LogParser::parse_csv(std::string_view line, RecordDraft& draft) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::string_view text;
    if (line.empty() && i + 1 < columns_.size()) return false;
    if (!take_csv_field(line, text)) return false;
    if (columns_[i] != kSkippedColumn && !text.empty() && !set_column(draft, columns_[i], text))
      return false;
  }
  return line.empty();
}

bool LogParser::parse_json(std::string_view line, RecordDraft& draft) {
  JsonLine json(line);
  bool read = true;  // a bad value does not hide the columns behind it
  for (std::size_t position = 0; const auto member = json.next(); ++position) {
    if (position == 0 && path_.empty() && member->name == "_path") path_ = member->value;
    const RecordColumn column = member_column(member->name, position);
    if (column == kSkippedColumn) continue;
    if (read && member->is_set) read = set_column(draft, column, member->value);
  }
  return read && json.complete();
}

/// The lines of a log usually have their members in the same order, so that the previous line names
/// the column. If they do not, searching all members for each would take quadratic time.
RecordColumn LogParser::member_column(std::string_view name, std::size_t position) {
  if (position < members_.size() && members_[position].name == name)
    return members_[position].column;
  if (position >= kMaxColumns) return kSkippedColumn;
  const auto known = column_of_member_.find(name);
  if (known != column_of_member_.end()) return known->second;
  const RecordColumn column = find_record_column(name);
  if (column != kSkippedColumn) known_.add(column);
  if (members_.size() < kMaxColumns) {
    members_.push_back({std::string(name), column});
    column_of_member_.emplace(name, column);
  }
  return column;
}

std::string LogParser::unescaped(std::string_view text) const {
  switch (format_) {
    case Format::Tsv:
      return hex_unescaped(text);
    case Format::Json:
      return json_unescaped(text);
    case Format::Csv:
      return csv_unescaped(text);
  }
  return {};
}

}  // namespace synfin
