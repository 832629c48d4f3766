/// \file
/// The only place where values become SQL. Old servers bind no parameters, so that values are
/// written as literals which no text can leave.
///
///     sql("SELECT … WHERE sensor = {} AND port = {}", quoted(sensor), port)
///
/// Syntax: ClickHouse's string literals, in which a backslash escapes and a quote ends.
/// Tested in tests/unit/store/sql_test.cc and, by a server, in tests/store/.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <type_traits>

#include "synfin/base/address.h"

namespace synfin {

/// Text that is valid SQL by itself. Only the functions here make it of other text.
class Sql {
 public:
  /// A text of the program. REQUIRES: a literal.
  template <std::size_t Size>
  consteval Sql(const char (&text)[Size]) : text_(), literal_(text, Size - 1) {}
  std::string_view view() const { return literal_.data() != nullptr ? literal_ : text_; }

  /// REQUIRES: `text` is not from a person or the wire, unless each value in it was quoted.
  static Sql trusted(std::string text) { return Sql(std::move(text)); }

 private:
  explicit Sql(std::string text) : text_(std::move(text)) {}
  std::string text_;
  std::string_view literal_;
};

/// 'text' with each quote, backslash and control character escaped. Any bytes are possible.
Sql quoted(std::string_view text);
/// The sixteen bytes of an address, as tables have them: toFixedString(unhex('…'), 16).
Sql quoted(const Address& address);
/// A name of a table or database. REQUIRES: is_plain_name(name), else an empty identifier results,
/// which the server refuses.
Sql name_of(std::string_view name);

namespace sql_detail {
inline std::string_view argument(const Sql& sql) { return sql.view(); }
template <typename Number>
requires std::is_arithmetic_v<Number> Number argument(Number number) { return number; }
}  // namespace sql_detail

/// Replaces each {} of `format` by a number or by Sql. No other type compiles.
template <std::size_t Size, typename... Values>
Sql sql(const char (&format)[Size], const Values&... values) {
  return Sql::trusted(fmt::format(fmt::runtime(std::string_view(format, Size - 1)),
                                  sql_detail::argument(values)...));
}

}  // namespace synfin
