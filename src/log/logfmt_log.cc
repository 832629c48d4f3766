// The connection log as logfmt: "key=value" pairs separated by blanks, one line per connection.
// Unset fields are absent; a text is a JSON string.
//
// Spec: https://brandur.org/logfmt. Tested in tests/unit/log/logfmt_log_test.cc.
#include "log/columns.h"
#include "log/field_buffer.h"
#include "log/formats.h"
#include "synfin/base/escape.h"

namespace synfin {
namespace {

/// Writes one line; the destructor completes it. A format for visit_columns().
class LogfmtFields {
 public:
  explicit LogfmtFields(std::string& out) : buffer_(out) {}
  ~LogfmtFields() { buffer_.replace_last('\n'); }
  LogfmtFields(const LogfmtFields&) = delete;
  LogfmtFields& operator=(const LogfmtFields&) = delete;

  void time(std::string_view name, Timestamp t) {
    put(name, [&] { buffer_.put_seconds(to_ns(t)); });
  }
  void interval(std::string_view name, std::optional<Duration> d) {
    if (d) put(name, [&] { buffer_.put_seconds(d->count()); });
  }
  void addr(std::string_view name, const Address& address) {
    put(name, [&] { buffer_.put_address(address); });
  }
  void port(std::string_view name, std::uint16_t port) { count(name, port); }
  void count(std::string_view name, std::optional<std::uint64_t> n) {
    if (n) put(name, [&] { buffer_.put_decimal(*n); });
  }
  void boolean(std::string_view name, std::optional<bool> b) {
    if (b) word(name, *b ? "true" : "false");
  }
  void word(std::string_view name, std::string_view word) {
    if (!word.empty()) put(name, [&] { buffer_.put(word); });
  }
  void enumeration(std::string_view name, std::string_view value) { word(name, value); }
  void text(std::string_view name, std::string_view text) {
    if (!text.empty()) put(name, [&] { append_json_string(buffer_.flushed(), text); });
  }
  void set(std::string_view) {}

 private:
  template <typename PutValue>
  void put(std::string_view name, PutValue put_value) {
    buffer_.put(name);
    buffer_.put('=');
    put_value();
    buffer_.put(' ');
  }

  FieldBuffer buffer_;
};

class LogfmtLogWriter final : public LogWriter {
 public:
  void begin(std::string&, Timestamp) override {}
  void append(std::string& out, const ConnectionRecord& record, const Annotations& about) override {
    LogfmtFields line(out);
    visit_columns(line, record, about);
  }
  void end(std::string&, Timestamp) override {}
};

}  // namespace

template <>
std::unique_ptr<LogWriter> make_log_writer<LogFormat::Logfmt>() {
  return std::make_unique<LogfmtLogWriter>();
}

}  // namespace synfin
