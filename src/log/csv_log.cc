// The connection log as CSV with a header line. An unset field is empty; lines end with CR LF.
//
// Spec: RFC 4180.
// Tested in tests/unit/log/log_writer_test.cc.
#include "log/columns.h"
#include "log/delimited_fields.h"
#include "log/formats.h"
#include "synfin/base/escape.h"

namespace synfin {
namespace {

struct CsvDialect {
  static constexpr char kSeparator = ',';
  static constexpr std::string_view kUnset = "";
  static constexpr std::string_view kTrue = "true";
  static constexpr std::string_view kFalse = "false";
  static constexpr std::string_view kLineEnd = "\r\n";
  static constexpr bool kHasMomentarySizes = true;
  static void escape(std::string& out, std::string_view text) { append_csv(out, text); }
};

class CsvLogWriter final : public LogWriter {
 public:
  void begin(std::string& out, Timestamp) override {
    DelimitedFields<CsvDialect> line(out);
    for (const LogColumn& column : log_columns()) line.word(column.name, column.name);
  }
  void append(std::string& out, const ConnectionRecord& record, const Annotations& about) override {
    DelimitedFields<CsvDialect> line(out);
    visit_columns(line, record, about);
  }
  void end(std::string&, Timestamp) override {}
};

}  // namespace

template <>
std::unique_ptr<LogWriter> make_log_writer<LogFormat::Csv>() {
  return std::make_unique<CsvLogWriter>();
}

}  // namespace synfin
