/// \file
/// ByteView and Header<N>: the only way in which the decoder touches captured bytes.
///
/// A header is asked for by its size: one compare against the end of what was captured. Its fields
/// are read at offsets that the compiler checks against that size, so no read can pass the end. A
/// header that was not captured reads as zeros, for who forgets to ask. Tested in
/// tests/unit/decode/byte_view_test.cc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "synfin/base/address.h"

namespace synfin {

/// The first N bytes of a ByteView, or nothing. Borrows the packet's bytes.
template <std::size_t N>
class Header {
 public:
  static_assert(N > 0 && N <= 128);

  /// False where fewer than N bytes were captured.
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

  /// The `Size` bytes from offset `At` on.
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

/// A stretch of a packet: the bytes that were captured, and how many more followed on the wire.
///
/// A value of 16 bytes that borrows the packet's; lives as long as Packet::data does.
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

  /// All but the first `n` bytes; empty where there are fewer.
  ByteView skip(std::uint32_t n) const {
    ByteView rest = *this;
    const std::uint32_t seen = std::min(n, captured_);
    rest.data_ += seen;
    rest.captured_ -= seen;
    rest.missing_ -= std::min(n - seen, missing_);
    return rest;
  }

  /// A stretch of `n` bytes on the wire, of which this view holds the front: shorter than this one,
  /// or longer where a header vouches for more than the outer packet brought.
  ByteView resized(std::uint32_t n) const {
    ByteView front = *this;
    front.captured_ = std::min(captured_, n);
    front.missing_ = n - front.captured_;
    return front;
  }

  /// Calls `use(pointer, size)` with all captured bytes, for sums over them.
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
