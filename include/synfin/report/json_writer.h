/// \file
/// JsonWriter: appends JSON to a string, value by value and in the order of calls. Texts are
/// escaped (base/escape.h); infinities and NaN become null (RFC 8259 §6). Tested in
/// tests/unit/report/json_writer_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace synfin {

class JsonWriter {
 public:
  enum class Layout : unsigned char {
    Inline,  ///< all members on one line
    Lines,   ///< one member per line, indented
  };

  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object(Layout layout = Layout::Inline) { open('{', layout); }
  void end_object() { close('}'); }
  void begin_array(Layout layout = Layout::Inline) { open('[', layout); }
  void end_array() { close(']'); }

  /// REQUIRES: an object is open, and a value follows. `name` needs no escaping.
  JsonWriter& key(std::string_view name);
  /// key() for a name that comes from elsewhere, which is escaped.
  JsonWriter& text_key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view{text}); }
  void value(std::uint64_t number);
  void value(double number);
  void value(bool truth);
  void null();
  /// Appends `json`, which is one whole value.
  void raw(std::string_view json);

  /// key(name) and value(v).
  template <typename T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }

 private:
  static constexpr int kMaxDepth = 8;

  struct Level {
    Layout layout = Layout::Inline;
    bool empty = true;
  };

  void open(char bracket, Layout layout);
  void close(char bracket);
  void begin_item();
  void new_line(int depth);
  /// Appends a number by std::to_chars(), whose arguments after the buffer these are.
  template <typename... Number>
  void append(Number... number);

  std::string& out_;
  Level levels_[kMaxDepth];
  int depth_ = 0;
  bool after_key_ = false;
};

}  // namespace synfin
