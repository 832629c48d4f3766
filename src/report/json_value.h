/// \file
/// JsonValue: a JSON text as a tree, for the program's own reports.
///
/// Spec: RFC 8259. Tested in tests/unit/report/json_value_test.cc.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synfin {

class JsonValue {
 public:
  enum class Kind : unsigned char { Null, Bool, Number, Text, Array, Object };

  /// Nothing if the text is no JSON, nested deeper than kMaxDepth, or has more values than
  /// kMaxValues.
  static std::optional<JsonValue> parse(std::string_view text);
  static constexpr int kMaxDepth = 64;
  /// A report of 1000 rows in each table has some hundred thousand values. Each takes about 100
  /// bytes.
  static constexpr std::size_t kMaxValues = 2'000'000;

  Kind kind() const { return kind_; }
  bool boolean() const { return number_ != 0; }
  double number() const { return number_; }
  const std::string& text() const { return text_; }
  const std::vector<JsonValue>& items() const { return items_; }

  /// A member of an object; the value null if there is none.
  const JsonValue& operator[](std::string_view name) const;

 private:
  friend class JsonParser;

  Kind kind_ = Kind::Null;
  double number_ = 0;
  std::string text_;
  std::vector<JsonValue> items_;    ///< of an array, or the values of an object
  std::vector<std::string> names_;  ///< of an object, as many as items_
};

}  // namespace synfin
