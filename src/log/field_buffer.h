/// \file
/// FieldBuffer: numbers, times and addresses as text, written through a pointer.
///
/// A log line has some fifty fields and may take half a microsecond, so nothing here allocates,
/// looks at a locale, clears memory that is overwritten next, or branches on how many digits a
/// number has past the first. Tested in tests/unit/log/field_buffer_test.cc.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "synfin/base/address.h"
#include "synfin/base/time.h"

namespace synfin {

/// A line under construction in front of `out`, which must outlive it. Not thread-safe.
///
/// Of kMaxFields fields, each of kMaxField bytes at most, any number fits: nobody asks for room.
/// REQUIRES: no line has more or longer ones; what may be longer goes into flushed().
class FieldBuffer {
 public:
  static constexpr std::size_t kMaxField = 128;  ///< name, value and what is around them
  static constexpr std::size_t kMaxFields = 64;

  explicit FieldBuffer(std::string& out) : out_(out) {}
  ~FieldBuffer() { flush(); }
  FieldBuffer(const FieldBuffer&) = delete;
  FieldBuffer& operator=(const FieldBuffer&) = delete;

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
  void put_eight(std::uint64_t text, unsigned from);

  std::string& out_;
  std::array<char, kMaxFields * kMaxField> bytes_;  ///< not initialised: written before it is read
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

/// The eight decimal digits of `v`, leading zeros included, as bytes 0 to 9 with the first digit
/// lowest: halves, quarters and digits split off side by side in one word. REQUIRES: v < 10^8.
constexpr std::uint64_t eight_digits(std::uint32_t v) {
  constexpr std::uint64_t kReciprocal100 = 5243;  // / 2^19, exact below 10^4
  constexpr std::uint64_t kReciprocal10 = 103;    // / 2^10, exact below 10^2
  const std::uint64_t halves = v / 10'000 | std::uint64_t{v % 10'000} << 32;
  const std::uint64_t hundreds = halves * kReciprocal100 >> 19 & 0x0000'007F'0000'007F;
  const std::uint64_t quarters = hundreds | (halves - 100 * hundreds) << 16;
  const std::uint64_t tens = quarters * kReciprocal10 >> 10 & 0x000F'000F'000F'000F;
  return tens | (quarters - 10 * tens) << 8;
}
inline constexpr std::uint64_t kEightZeros = 0x3030'3030'3030'3030;

/// Of eight characters, the first lowest, those from `from` on. Writes eight bytes in any case.
inline void FieldBuffer::put_eight(std::uint64_t text, unsigned from) {
  assert(room() >= sizeof text);
  text >>= 8 * from;
  std::memcpy(end_, &text, sizeof text);
  end_ += sizeof text - from;
}

inline void FieldBuffer::put_decimal(std::uint64_t v) {
  // A column's numbers mostly agree on this one: it costs less than their digits would.
  if (v < 10) return put(static_cast<char>('0' + v));
  constexpr std::uint64_t kLimit = 100'000'000;
  if (v >= kLimit) [[unlikely]] {
    put_decimal(v / kLimit);
    return put_eight(eight_digits(static_cast<std::uint32_t>(v % kLimit)) | kEightZeros, 0);
  }
  const std::uint64_t digits = eight_digits(static_cast<std::uint32_t>(v));
  constexpr std::uint64_t kLast = std::uint64_t{1} << 56;  // at least one digit
  const auto leading = static_cast<unsigned>(std::countr_zero(digits | kLast)) / 8;
  put_eight(digits | kEightZeros, leading);
}

inline void FieldBuffer::put_seconds(std::int64_t ns) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  if (ns < 0) put('-');
  const std::uint64_t all =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  const auto part = static_cast<std::uint32_t>(all % kNsPerSecond);
  put_decimal(all / kNsPerSecond);
  put('.');
  put_eight(eight_digits(part / 1'000) | kEightZeros, 2);
  const std::uint32_t rest = part % 1'000;
  if (rest == 0) return;
  put(static_cast<char>('0' + rest / 100));
  put_two_digits(rest % 100);
}

}  // namespace synfin
