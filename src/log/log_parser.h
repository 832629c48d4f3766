/// \file
/// LogParser: the lines of one connection log as records, whatever program and format wrote it.
///
/// Formats: Zeek's TSV with header lines, JSON lines with Zeek's names, and CSV as synfin writes
/// it. The content decides which one a log has. Specs: docs.zeek.org/en/master/log-formats.html,
/// RFC 8259, RFC 4180. Tested in tests/unit/log/log_parser_test.cc, fuzzed by
/// tests/fuzz/conn_log_fuzz.cc.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/record_columns.h"

namespace synfin {

enum class LineKind : unsigned char {
  Record,      ///< the draft holds a record
  NoRecord,    ///< a header, a comment or an empty line
  Unreadable,  ///< neither
};

/// Allocates nothing per record once the columns are known. Not thread-safe.
class LogParser {
 public:
  /// The first lines of an input are enough if this returns true: the next read decides nothing.
  static bool is_enough(std::string_view head);
  /// Recognizes a connection log by its first lines. Returns nothing for any other input.
  static std::optional<LogParser> recognize(std::string_view head);

  /// The columns that the log lacks to be a connection log. Empty if it is one, or if too few of
  /// its columns are those of connections. The names are in static memory.
  static std::vector<std::string_view> missing_columns(std::string_view head);

  /// Reads one line without its end. The texts of `draft` are valid as long as `line`.
  LineKind parse(std::string_view line, RecordDraft& draft);

  /// The columns that the log has: those of its header, or the members seen so far.
  const KnownColumns& known() const { return known_; }
  /// A text of a draft without the escapes of this format.
  std::string unescaped(std::string_view text) const;

  /// The name of the log by its own header ("conn"); empty if it has none.
  const std::string& path() const { return path_; }

 private:
  enum class Format : unsigned char { Tsv, Json, Csv };
  /// A member of JSON lines; its position is that of the previous lines.
  struct Member {
    std::string name;
    RecordColumn column = kSkippedColumn;
  };

  explicit LogParser(Format format) : format_(format) {}

  static std::optional<LogParser> with_columns_of(std::string_view head);
  void read_header(std::string_view line);
  void set_columns(std::string_view names, char separator);
  bool parse_fields(std::string_view line, RecordDraft& draft);
  bool parse_csv(std::string_view line, RecordDraft& draft);
  bool parse_json(std::string_view line, RecordDraft& draft);
  RecordColumn member_column(std::string_view name, std::size_t position);
  bool is_unset(std::string_view text) const { return text == unset_ || text == empty_; }

  Format format_;
  char separator_ = '\t';
  std::string unset_ = "-";
  std::string empty_ = "(empty)";
  std::string path_;
  std::vector<RecordColumn> columns_;
  std::vector<Member> members_;
  std::map<std::string, RecordColumn, std::less<>> column_of_member_;  ///< of the same members
  KnownColumns known_;
};

}  // namespace synfin
