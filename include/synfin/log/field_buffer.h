/// \file
/// FieldBuffer: numbers, times and addresses as text, written through a pointer.
///
/// A log line has some fifty fields and may take half a microsecond, so nothing here allocates,
/// branches on a locale or clears memory that is overwritten next. Tested in
/// tests/unit/log/field_buffer_test.cc.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/base/time.h"

namespace synfin {

/// A piece of text under construction in front of `out`, which must outlive it. Not thread-safe.
class FieldBuffer {
 public:
  /// Most bytes that may be put after one begin_field(): any name, any value that is not hostile
  /// text.
  static constexpr std::size_t kMaxField = 128;

  explicit FieldBuffer(std::string& out) : out_(out) {}
  ~FieldBuffer() { flush(); }
  FieldBuffer(const FieldBuffer&) = delete;
  FieldBuffer& operator=(const FieldBuffer&) = delete;

  /// Makes room for kMaxField bytes. Call it before every field.
  void begin_field() {
    if (room() < kMaxField) [[unlikely]]
      flush();
  }

  void put(char c) {
    assert(room() > 0);
    *end_++ = c;
  }
  void put(std::string_view text) {
    assert(room() >= text.size());
    copy(end_, text.data(), text.size());
    end_ += text.size();
  }
  void put_decimal(std::uint64_t v);
  void put_address(const Address& address) {
    assert(room() >= Address::kMaxText);
    end_ = address.format_to(end_);
  }
  /// As format_epoch() and format_seconds(): six decimals, nine where `ns` has a part below a
  /// microsecond.
  void put_seconds(std::int64_t ns);

  /// Replaces the last byte put, which must not have been flushed: a separator that turned out to
  /// be the last.
  void replace_last(char c) {
    assert(end_ > bytes_.data());
    end_[-1] = c;
  }

  /// The text so far, to append to directly: for text of any length.
  std::string& flushed() {
    flush();
    return out_;
  }

 private:
  std::size_t room() const {
    return static_cast<std::size_t>(bytes_.data() + bytes_.size() - end_);
  }
  void flush();
  static void copy(char* to, const char* from, std::size_t size);
  static void copy_long(char* to, const char* from, std::size_t size);
  void put_two_digits(std::uint32_t v);
  void put_four_digits(std::uint32_t v);

  std::string& out_;
  std::array<char, 1024> bytes_;  ///< not initialised: written before it is read
  char* end_ = bytes_.data();
};

/// "00" to "99".
inline constexpr auto kTwoDigits = [] {
  std::array<std::array<char, 2>, 100> all{};
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  return all;
}();

/// Words are short, and a call of memcpy() for each is most of what they cost: up to 32 bytes go in
/// two pieces that may overlap.
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

inline void FieldBuffer::put_two_digits(std::uint32_t v) {
  assert(room() >= 2);
  std::memcpy(end_, kTwoDigits[v].data(), 2);
  end_ += 2;
}

inline void FieldBuffer::put_four_digits(std::uint32_t v) {
  put_two_digits(v / 100);
  put_two_digits(v % 100);
}

inline void FieldBuffer::put_decimal(std::uint64_t v) {
  constexpr std::uint32_t kFourDigits = 10'000;
  if (v < 10) return put(static_cast<char>('0' + v));
  if (v < 100) return put_two_digits(static_cast<std::uint32_t>(v));
  if (v < kFourDigits) {
    const auto small = static_cast<std::uint32_t>(v);
    small < 1'000 ? put(static_cast<char>('0' + small / 100)) : put_two_digits(small / 100);
    return put_two_digits(small % 100);
  }
  put_decimal(v / kFourDigits);
  put_four_digits(static_cast<std::uint32_t>(v % kFourDigits));
}

inline void FieldBuffer::put_seconds(std::int64_t ns) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  if (ns < 0) put('-');
  const std::uint64_t all =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  const auto part = static_cast<std::uint32_t>(all % kNsPerSecond);
  put_decimal(all / kNsPerSecond);
  put('.');
  const std::uint32_t microseconds = part / 1'000;
  put_two_digits(microseconds / 10'000);
  put_four_digits(microseconds % 10'000);
  const std::uint32_t rest = part % 1'000;
  if (rest == 0) return;
  put(static_cast<char>('0' + rest / 100));
  put_two_digits(rest % 100);
}

}  // namespace synfin
