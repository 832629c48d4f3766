/// \file
/// JsonLine: the members of an object on one line, without copying or allocation.
///
/// Spec: RFC 8259. It checks what it needs to find the ends of names and values, not the grammar of
/// values that nobody reads. Tested in tests/unit/log/log_parser_test.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace synfin {

class JsonLine {
 public:
  struct Member {
    std::string_view name;   ///< with its escapes
    std::string_view value;  ///< a text without its quotes and with its escapes, or a number
    bool is_set = true;      ///< false for null, arrays and objects
  };

  explicit JsonLine(std::string_view line) : rest_(line) {}

  /// The next member; nothing at the end of the object or at a fault.
  std::optional<Member> next();
  /// True once the object has ended and nothing follows it.
  bool complete() const { return complete_; }

 private:
  void skip_spaces();
  bool take(char c);
  bool take_text(std::string_view& out);
  bool take_value(Member& member);
  bool skip_nested();

  std::string_view rest_;
  bool begun_ = false;
  bool complete_ = false;
};

/// The text of a JSON string without its escapes, as UTF-8.
std::string json_unescaped(std::string_view text);

}  // namespace synfin
