/// \file
/// FieldBuffer: numbers, times and addresses as text, written through a pointer.
///
/// A log line has some fifty fields and may take half a microsecond, so nothing here allocates,
/// branches on a locale or clears memory that is overwritten next. Tested in
/// tests/unit/log/field_buffer_test.cc.
#pragma once

#include <array>
#include <cassert>
#include <charconv>
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
    std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  void put_decimal(std::uint64_t v) {
    if (v < 10) return put(static_cast<char>('0' + v));
    end_ = std::to_chars(end_, bytes_.data() + bytes_.size(), v).ptr;
  }
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
  void put_two_digits(std::uint32_t v);
  void put_three_digits(std::uint32_t v);

  std::string& out_;
  std::array<char, 1024> bytes_;  ///< not initialised: written before it is read
  char* end_ = bytes_.data();
};

inline void FieldBuffer::put_two_digits(std::uint32_t v) {
  put(static_cast<char>('0' + v / 10));
  put(static_cast<char>('0' + v % 10));
}

inline void FieldBuffer::put_three_digits(std::uint32_t v) {
  put(static_cast<char>('0' + v / 100));
  put_two_digits(v % 100);
}

inline void FieldBuffer::put_seconds(std::int64_t ns) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  if (ns < 0) put('-');
  const std::uint64_t all =
      ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  const auto part = static_cast<std::uint32_t>(all % kNsPerSecond);
  put_decimal(all / kNsPerSecond);
  put('.');
  put_three_digits(part / 1'000'000);
  put_three_digits(part / 1'000 % 1'000);
  if (part % 1'000 != 0) put_three_digits(part % 1'000);
}

}  // namespace synfin
