/// \file
/// ByteView and Header<N>: bounds-checked access to captured bytes, the decoder's only one.
///
/// header<N>() compares N once with the number of captured bytes. The compiler checks the offset of
/// each field against N, so no read can pass the end. The fields of a header that was not captured
/// whole read as zeros. Tested in tests/unit/decode/byte_view_test.cc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "synfin/base/address.h"

namespace synfin {

/// The first N bytes of a ByteView, or an absent header. Borrows the packet's bytes.
template <std::size_t N>
class Header {
 public:
  static_assert(N > 0 && N <= 128);

  /// False if fewer than N bytes were captured.
  explicit operator bool() const { return present_; }

  template <std::size_t At>
  std::uint8_t u8() const {
    static_assert(At + 1 <= N);
    return bytes_[At];
  }
  template <std::size_t At>
  std::uint16_t u16() const {
    static_assert(At + 2 <= N);
    return load_be16(bytes_ + At);
  }
  template <std::size_t At>
  std::uint32_t u32() const {
    static_assert(At + 4 <= N);
    return load_be32(bytes_ + At);
  }
  template <std::size_t At>
  std::uint32_t u24() const {
    static_assert(At + 4 <= N);
    return load_be32(bytes_ + At) >> 8;
  }
  template <std::size_t At>
  Address v4() const {
    static_assert(At + 4 <= N);
    return Address::load_v4(bytes_ + At);
  }
  template <std::size_t At>
  Address v6() const {
    static_assert(At + 16 <= N);
    return Address::load_v6(bytes_ + At);
  }

  /// The `Size` bytes at offset `At`.
  template <std::size_t At, std::size_t Size>
  Header<Size> part() const {
    static_assert(At + Size <= N);
    return {present_, bytes_ + At};
  }

 private:
  friend class ByteView;
  template <std::size_t>
  friend class Header;
  static constexpr std::uint8_t kAbsent[N] = {};

  Header(bool present, const std::uint8_t* bytes)
      : bytes_(present ? bytes : kAbsent), present_(present) {}

  const std::uint8_t* bytes_;
  bool present_;
};

/// A range of a packet: its captured bytes, and how many more followed on the wire.
///
/// A value type of 16 bytes that borrows the packet's bytes; valid as long as Packet::data is.
class ByteView {
 public:
  /// REQUIRES: `captured` readable bytes at `data`.
  ByteView(const std::uint8_t* data, std::uint32_t captured, std::uint32_t wire)
      : data_(data), captured_(captured), missing_(wire > captured ? wire - captured : 0) {}

  std::uint32_t captured() const { return captured_; }
  /// At least captured().
  std::uint32_t wire() const { return captured_ + missing_; }
  bool complete() const { return missing_ == 0; }

  template <std::size_t N>
  Header<N> header() const {
    return {captured_ >= N, data_};
  }

  /// All but the first `n` bytes; empty if there are no more than `n`.
  ByteView skip(std::uint32_t n) const {
    ByteView rest = *this;
    const std::uint32_t seen = std::min(n, captured_);
    rest.data_ += seen;
    rest.captured_ -= seen;
    rest.missing_ -= std::min(n - seen, missing_);
    return rest;
  }

  /// The range that begins here and has `n` bytes on the wire. It may be shorter than this one, or
  /// longer if a header claims more bytes than the outer packet has.
  ByteView resized(std::uint32_t n) const {
    ByteView front = *this;
    front.captured_ = std::min(captured_, n);
    front.missing_ = n - front.captured_;
    return front;
  }

  /// Calls `use(pointer, size)` with all captured bytes, for checksums.
  template <typename Use>
  auto with_captured(Use&& use) const {
    return use(data_, captured_);
  }

 private:
  const std::uint8_t* data_;
  std::uint32_t captured_;
  std::uint32_t missing_;
};

static_assert(sizeof(ByteView) == 16);

}  // namespace synfin
