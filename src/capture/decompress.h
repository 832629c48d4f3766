/// \file
/// Decompression of captures: a ByteStream that decompresses another one.
///
/// Specs: RFC 1952 (gzip, concatenated members included), RFC 8878 (Zstandard, several and
/// skippable frames included). Memory is bounded: zlib's 32 KiB window, or zstd's window up to 128
/// MiB (its own default for untrusted input). Tested in tests/unit/capture/decompress_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "capture/byte_stream.h"

namespace synfin {

enum class Compression : std::uint8_t { None, Gzip, Zstd };

/// The compression of a file that begins with `head`. It recognizes zstd only if head.size() >= 4.
Compression compression_of(std::span<const std::uint8_t> head);

/// Decompresses `from`; `head` is what was already read from it. REQUIRES: compression != None.
///
/// The data before a damage is returned first. A read returns all data that the input so far
/// decompresses to, so that a pipe causes no delay.
std::unique_ptr<ByteStream> decompress(Compression compression, std::unique_ptr<ByteStream> from,
                                       std::span<const std::uint8_t> head);

}  // namespace synfin
