/// \file
/// .gz and .zst captures: a ByteStream in, the bytes it holds out.
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

/// What the first bytes of a file say; a name says nothing. REQUIRES: head.size() >= 4 to recognise
/// zstd.
Compression compression_of(std::span<const std::uint8_t> head);

/// `from` decompressed, `head` being the bytes already read from it. REQUIRES: compression != None.
///
/// What precedes damage is given first. A read gives what the input so far decompresses to, so a
/// pipe stays live.
std::unique_ptr<ByteStream> decompress(Compression compression, std::unique_ptr<ByteStream> from,
                                       std::span<const std::uint8_t> head);

}  // namespace synfin
