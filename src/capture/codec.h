/// \file
/// Codec: a decompression library as a function from bytes to bytes, one for each supported format.
///
/// Specs: RFC 1952 (gzip), RFC 8878 (Zstandard), the LZ4 frame format, the .xz file format, bzip2.
/// Tested, with DecompressedStream, in tests/unit/capture/decompress_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "capture/decompress.h"

namespace synfin {

/// The result of one step of a codec.
struct CodecStep {
  std::size_t consumed = 0;
  std::size_t produced = 0;
  const char* error = nullptr;  ///< a static text; the bytes produced are valid even so
};

/// Not thread-safe. Memory is bounded by the format, or by kMaxCodecMemory.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual CodecStep step(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) = 0;
  /// True between two members or frames, where the input may end.
  virtual bool complete() const = 0;
  virtual const char* name() const = 0;
};

/// The memory that a codec may use for untrusted input.
inline constexpr std::uint64_t kMaxCodecMemory = std::uint64_t{128} << 20;

/// REQUIRES: compression != Compression::None.
std::unique_ptr<Codec> make_codec(Compression compression);

}  // namespace synfin
