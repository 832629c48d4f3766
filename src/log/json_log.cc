// The connection log as NDJSON: one object per line, with the member names of Zeek's JSON logs.
//
// Spec: RFC 8259, https://docs.zeek.org/en/master/log-formats.html#zeek-json-format-logs.
// Tested in tests/unit/log/log_writer_test.cc.
#include "log/columns.h"
#include "log/formats.h"
#include "log/json_fields.h"

namespace synfin {
namespace {

class JsonLogWriter final : public LogWriter {
 public:
  void begin(std::string&, Timestamp) override {}
  void append(std::string& out, const ConnectionRecord& record, const Annotations& about) override {
    JsonFields line(out);
    visit_columns(line, record, about);
  }
  void end(std::string&, Timestamp) override {}
};

}  // namespace

template <>
std::unique_ptr<LogWriter> make_log_writer<LogFormat::Json>() {
  return std::make_unique<JsonLogWriter>();
}

}  // namespace synfin
