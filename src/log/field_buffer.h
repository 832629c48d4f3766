/// \file
/// FieldBuffer: numbers, times and addresses as text, written through a pointer.
///
/// A log line has about fifty fields and may take half a microsecond. Nothing here therefore
/// allocates, consults a locale, or clears memory that is overwritten next.
/// Tested in tests/unit/log/field_buffer_test.cc.
#pragma once

#include <array>
#include <cassert>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/base/time.h"

namespace synfin {

/// The line under construction. The destructor appends it to `out`, which must outlive the buffer.
///
/// The buffer holds kMaxFields fields of kMaxField bytes each, so no function checks for space.
/// REQUIRES: a line has no more and no longer fields; longer text is appended to flushed().
/// Not thread-safe.
class FieldBuffer {
 public:
  /// A name, a value and the punctuation around them.
  static constexpr std::size_t kMaxField = 128;
  static constexpr std::size_t kMaxFields = 64;

  explicit FieldBuffer(std::string& out) : out_(out) {}
  /// Throws if `out` cannot grow. An exception that is under way has ended the line already.
  ~FieldBuffer() noexcept(false) {
    if (std::uncaught_exceptions() == exceptions_) flush();
  }
  FieldBuffer(const FieldBuffer&) = delete;
  FieldBuffer& operator=(const FieldBuffer&) = delete;

  void put(char c) {
    assert(space() > 0);
    *end_++ = c;
  }
  void put(std::string_view text) {
    assert(space() >= text.size());
    copy(end_, text.data(), text.size());
    end_ += text.size();
  }
  void put_decimal(std::uint64_t v) {
    if (v < 10) return put(static_cast<char>('0' + v));  // most counts of a log are that small
    end_ = std::to_chars(end_, bytes_.data() + bytes_.size(), v).ptr;
  }
  void put_address(const Address& address) {
    assert(space() >= Address::kMaxText);
    end_ = address.format_to(end_);
  }
  /// Writes what format_epoch() and format_seconds() return: six decimals, or nine if `ns` has a
  /// part below a microsecond.
  void put_seconds(std::int64_t ns);

  /// Replaces the last byte, for example the separator after the last field.
  /// REQUIRES: the byte is not flushed.
  void replace_last(char c) {
    assert(end_ > bytes_.data());
    end_[-1] = c;
  }

  /// Appends the buffered text to `out` and returns `out`, for text of any length.
  std::string& flushed() {
    flush();
    return out_;
  }

 private:
  std::size_t space() const {
    return static_cast<std::size_t>(bytes_.data() + bytes_.size() - end_);
  }
  void flush();
  static void copy(char* to, const char* from, std::size_t size);
  static void copy_long(char* to, const char* from, std::size_t size);
  void put_two_digits(std::uint32_t v);

  std::string& out_;
  int exceptions_ = std::uncaught_exceptions();
  /// Not initialised, because it is written before it is read.
  std::array<char, kMaxFields * kMaxField> bytes_;
  char* end_ = bytes_.data();
};

/// Copies up to 32 bytes as two pieces that may overlap. Most words are short, and a call of
/// memcpy() for each would be most of their cost.
inline void FieldBuffer::copy(char* to, const char* from, std::size_t size) {
  const auto in_two = [&](auto piece) {
    auto last = piece;
    std::memcpy(&piece, from, sizeof piece);
    std::memcpy(&last, from + size - sizeof last, sizeof last);
    std::memcpy(to, &piece, sizeof piece);
    std::memcpy(to + size - sizeof last, &last, sizeof last);
  };
  if (size > 32) {
    copy_long(to, from, size);
  } else if (size >= 16) {
    in_two(std::array<char, 16>{});
  } else if (size >= 8) {
    in_two(std::uint64_t{});
  } else if (size >= 4) {
    in_two(std::uint32_t{});
  } else if (size >= 2) {
    in_two(std::uint16_t{});
  } else if (size == 1) {
    *to = *from;
  }
}

/// "00" to "99".
inline constexpr auto kTwoDigits = [] {
  std::array<std::array<char, 2>, 100> all{};
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  return all;
}();

inline void FieldBuffer::put_two_digits(std::uint32_t v) {
  assert(space() >= 2);
  std::memcpy(end_, kTwoDigits[v].data(), 2);
  end_ += 2;
}

inline void FieldBuffer::put_seconds(std::int64_t ns) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  if (ns < 0) put('-');
  const std::uint64_t magnitude =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  put_decimal(magnitude / kNsPerSecond);
  put('.');
  const auto part = static_cast<std::uint32_t>(magnitude % kNsPerSecond);
  put_two_digits(part / 10'000'000);
  put_two_digits(part / 100'000 % 100);
  put_two_digits(part / 1'000 % 100);
  const std::uint32_t rest = part % 1'000;
  if (rest == 0) return;
  put(static_cast<char>('0' + rest / 100));
  put_two_digits(rest % 100);
}

}  // namespace synfin
