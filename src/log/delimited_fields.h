/// \file
/// DelimitedFields: one line of a format that separates its fields by a character (Zeek TSV, CSV).
/// Tested in tests/unit/log/log_writer_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "log/field_buffer.h"
#include "synfin/base/escape.h"

namespace synfin {

/// Writes one line; the destructor completes it. `Dialect` defines kSeparator, kUnset, kTrue,
/// kFalse, kLineEnd, kHasMomentarySizes and escape(). A format for visit_columns().
template <typename Dialect>
class DelimitedFields {
 public:
  static constexpr bool kHasMomentarySizes = Dialect::kHasMomentarySizes;

  explicit DelimitedFields(std::string& out) : buffer_(out) {}
  ~DelimitedFields() {
    constexpr std::string_view kEnd = Dialect::kLineEnd;
    buffer_.replace_last(kEnd[0]);  // the separator after the last field
    buffer_.put(kEnd.substr(1));
  }
  DelimitedFields(const DelimitedFields&) = delete;
  DelimitedFields& operator=(const DelimitedFields&) = delete;

  void time(std::string_view, Timestamp t) {
    buffer_.put_seconds(to_ns(t));
    end_field();
  }
  void interval(std::string_view, std::optional<Duration> d) {
    if (!d) return unset();
    buffer_.put_seconds(d->count());
    end_field();
  }
  void addr(std::string_view, const Address& address) {
    buffer_.put_address(address);
    end_field();
  }
  void port(std::string_view name, std::uint16_t port) { count(name, port); }
  void count(std::string_view, std::optional<std::uint64_t> n) {
    if (!n) return unset();
    buffer_.put_decimal(*n);
    end_field();
  }
  void boolean(std::string_view, std::optional<bool> b) {
    if (!b) return unset();
    buffer_.put(*b ? Dialect::kTrue : Dialect::kFalse);
    end_field();
  }
  void word(std::string_view, std::string_view word) {
    if (word.empty()) return unset();
    buffer_.put(word);
    end_field();
  }
  void enumeration(std::string_view name, std::string_view value) { word(name, value); }
  void text(std::string_view, std::string_view text) {
    if (text.empty()) return unset();
    put_text(text);
  }
  void set(std::string_view) { unset(); }

 private:
  void unset() {
    buffer_.put(Dialect::kUnset);
    end_field();
  }
  /// Is not inlined, because most text fields of most lines are empty.
  [[gnu::noinline]] void put_text(std::string_view text) {
    if (text.size() < FieldBuffer::kMaxField && is_harmless(text)) {
      buffer_.put(text);
    } else {
      Dialect::escape(buffer_.flushed(), text);
    }
    end_field();
  }
  void end_field() { buffer_.put(Dialect::kSeparator); }

  FieldBuffer buffer_;
};

}  // namespace synfin
