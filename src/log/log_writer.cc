// Which writer a format means.
//
// Tested in tests/unit/log/log_writer_test.cc.
#include "synfin/log/log_writer.h"

#include "log/formats.h"

namespace synfin {

std::optional<LogFormat> parse_log_format(std::string_view text) {
  if (text == "zeek") return LogFormat::Zeek;
  if (text == "json") return LogFormat::Json;
  if (text == "csv") return LogFormat::Csv;
  return std::nullopt;
}

std::unique_ptr<LogWriter> LogWriter::make(LogFormat format) {
  switch (format) {
    case LogFormat::Json:
      return make_json_log_writer();
    case LogFormat::Csv:
      return make_csv_log_writer();
    case LogFormat::Zeek:
      break;
  }
  return make_zeek_log_writer();
}

}  // namespace synfin
