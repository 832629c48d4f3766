/// \file
/// Compressed blocks as ClickHouse's HTTP interface receives them with decompress=1: a checksum of
/// 16 bytes, which the server is instructed not to check, the method 0x82 (LZ4) or 0x02 (none), two
/// sizes and the data (ClickHouse, src/Compression/CompressionInfo.h). Old and new servers read
/// them, while Content-Encoding: lz4 is younger, and gzip costs ten times the processor time.
/// Tested in tests/unit/store/block_test.cc and, by a server, in tests/store/.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "store/row_buffer.h"

namespace synfin {

/// The most bytes of one block.
constexpr std::size_t kMaxBlock = std::size_t{1} << 20;

/// Appends `bytes` to `out` as blocks.
void compress_blocks(std::string_view bytes, RowBuffer& out);

/// The same without compression, for bytes that look random.
void copy_blocks(std::string_view bytes, RowBuffer& out);

/// The content of blocks; unset if they are damaged.
std::optional<std::string> decompress_blocks(std::string_view blocks);

}  // namespace synfin
