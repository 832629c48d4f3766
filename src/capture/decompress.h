/// \file
/// Decompression of captures: a ByteStream that decompresses another one.
///
/// Formats: gzip, Zstandard, LZ4 frames, xz and bzip2, each also as several members, frames or
/// streams in a row. Memory is at most 128 MiB, the largest window that synfin permits zstd and xz.
/// Tested in tests/unit/capture/decompress_test.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "capture/byte_stream.h"

namespace synfin {

enum class Compression : std::uint8_t { None, Gzip, Zstd, Lz4, Xz, Bzip2 };

/// The compression of a file that begins with `head`. REQUIRES: head.size() >= 4, or None.
Compression compression_of(std::span<const std::uint8_t> head);

/// Decompresses `from`; `head` is what was already read from it. REQUIRES: compression != None.
///
/// The data before any damage is returned first. A read returns all data that the input so far
/// decompresses to, so that a pipe causes no delay.
std::unique_ptr<ByteStream> decompress(Compression compression, std::unique_ptr<ByteStream> from,
                                       std::span<const std::uint8_t> head);

}  // namespace synfin
