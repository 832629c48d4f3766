/// \file
/// JsonFields: one line of NDJSON, an object whose unset members are absent (RFC 8259).
/// Tested in tests/unit/log/log_writer_test.cc and event_log_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log/field_buffer.h"
#include "synfin/base/escape.h"

namespace synfin {

/// Writes one object; the destructor completes it. A format for visit_columns().
/// REQUIRES: at least one member is set, and names need no escaping.
class JsonFields {
 public:
  static constexpr bool kHasMomentarySizes = true;

  explicit JsonFields(std::string& out) : buffer_(out) { buffer_.put('{'); }
  ~JsonFields() {
    buffer_.replace_last('}');  // the comma after the last member
    buffer_.put('\n');
  }
  JsonFields(const JsonFields&) = delete;
  JsonFields& operator=(const JsonFields&) = delete;

  void time(std::string_view name, Timestamp t) { seconds(name, to_ns(t)); }
  void interval(std::string_view name, std::optional<Duration> d) {
    if (d) seconds(name, d->count());
  }
  void addr(std::string_view name, const Address& address) {
    begin_member(name);
    buffer_.put('"');
    buffer_.put_address(address);
    buffer_.put("\",");
  }
  void port(std::string_view name, std::uint16_t port) { count(name, port); }
  void count(std::string_view name, std::optional<std::uint64_t> n) {
    if (!n) return;
    begin_member(name);
    buffer_.put_decimal(*n);
    buffer_.put(',');
  }
  void boolean(std::string_view name, std::optional<bool> b) {
    if (!b) return;
    begin_member(name);
    buffer_.put(*b ? "true," : "false,");
  }
  void word(std::string_view name, std::string_view word) {
    if (word.empty()) return;
    begin_member(name);
    buffer_.put('"');
    buffer_.put(word);
    buffer_.put("\",");
  }
  void enumeration(std::string_view name, std::string_view value) { word(name, value); }
  void text(std::string_view name, std::string_view text) {
    if (text.empty()) return;
    begin_member(name);
    append_json_string(buffer_.flushed(), text);
    buffer_.put(',');
  }
  void set(std::string_view) {}

 private:
  void begin_member(std::string_view name) {
    buffer_.put('"');
    buffer_.put(name);
    buffer_.put("\":");
  }
  void seconds(std::string_view name, std::int64_t ns) {
    begin_member(name);
    buffer_.put_seconds(ns);
    buffer_.put(',');
  }

  FieldBuffer buffer_;
};

}  // namespace synfin
