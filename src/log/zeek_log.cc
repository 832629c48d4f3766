// The connection log as Zeek writes it: TSV, with header lines that name the columns.
//
// Spec: Zeek's ASCII writer
// (https://docs.zeek.org/en/master/log-formats.html#zeek-tsv-format-logs). Tested in
// tests/unit/log/log_writer_test.cc.
#include <array>
#include <ctime>

#include "log/columns.h"
#include "log/delimited_fields.h"
#include "log/formats.h"
#include "synfin/base/escape.h"

namespace synfin {
namespace {

struct ZeekDialect {
  static constexpr char kSeparator = '\t';
  static constexpr std::string_view kUnset = "-";
  static constexpr std::string_view kTrue = "T";
  static constexpr std::string_view kFalse = "F";
  static constexpr std::string_view kLineEnd = "\n";
  static constexpr bool kHasMomentarySizes = false;
  static void escape(std::string& out, std::string_view text) { append_zeek(out, text); }
};

/// Appends "#open\t2026-03-01-14-30-16", in local time as Zeek does.
void append_moment(std::string& out, std::string_view keyword, Timestamp moment) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(moment.time_since_epoch());
  const auto seconds = static_cast<std::time_t>(whole.count());
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d-%H-%M-%S", &local);
  out.append(keyword).append("\t").append(text.data(), size).append("\n");
}

class ZeekLogWriter final : public LogWriter {
 public:
  void begin(std::string& out, Timestamp opened) override {
    out +=
        "#separator \\x09\n"
        "#set_separator\t,\n"
        "#empty_field\t(empty)\n"
        "#unset_field\t-\n"
        "#path\tconn\n";
    append_moment(out, "#open", opened);
    std::string fields = "#fields";
    std::string types = "#types";
    for (const LogColumn& column : log_columns()) {
      fields.append("\t").append(column.name);
      types.append("\t").append(column.type);
    }
    out += fields + '\n' + types + '\n';
  }
  void append(std::string& out, const ConnectionRecord& record, const Annotations& about) override {
    DelimitedFields<ZeekDialect> line(out);
    visit_columns(line, record, about);
  }
  void end(std::string& out, Timestamp closed) override { append_moment(out, "#close", closed); }
};

}  // namespace

template <>
std::unique_ptr<LogWriter> make_log_writer<LogFormat::Zeek>() {
  return std::make_unique<ZeekLogWriter>();
}

}  // namespace synfin
