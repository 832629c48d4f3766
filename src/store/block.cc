// See block.h.
#include "store/block.h"

#include <lz4.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace synfin {
namespace {

constexpr std::size_t kChecksum = 16, kHeader = 9;
constexpr char kLz4 = '\x82';

void put_size(char* at, std::size_t size) {
  const auto value = static_cast<std::uint32_t>(size);
  std::memcpy(at, &value, sizeof value);
}

std::size_t get_size(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

void compress_blocks(std::string_view bytes, RowBuffer& out) {
  while (!bytes.empty()) {
    const std::string_view some = bytes.substr(0, kMaxBlock);
    const int bound = LZ4_compressBound(static_cast<int>(some.size()));
    const std::size_t room = kChecksum + kHeader + static_cast<std::size_t>(bound);
    char* const block = out.extend(room);
    char* const header = block + kChecksum;
    const auto packed = static_cast<std::size_t>(
        LZ4_compress_default(some.data(), header + kHeader, static_cast<int>(some.size()), bound));
    std::memset(block, 0, kChecksum);
    header[0] = kLz4;
    put_size(header + 1, packed + kHeader);
    put_size(header + 5, some.size());
    out.shrink(static_cast<std::size_t>(bound) - packed);
    bytes.remove_prefix(some.size());
  }
}

std::optional<std::string> decompress_blocks(std::string_view blocks) {
  std::string out;
  while (!blocks.empty()) {
    if (blocks.size() < kChecksum + kHeader || blocks[kChecksum] != kLz4) return std::nullopt;
    const char* const header = blocks.data() + kChecksum;
    const std::size_t packed = get_size(header + 1), size = get_size(header + 5);
    if (packed < kHeader || packed > blocks.size() - kChecksum || size > kMaxBlock)
      return std::nullopt;
    const std::size_t at = out.size();
    out.resize(at + size);
    const int got = LZ4_decompress_safe(header + kHeader, out.data() + at,
                                        static_cast<int>(packed - kHeader), static_cast<int>(size));
    if (got < 0 || static_cast<std::size_t>(got) != size) return std::nullopt;
    blocks.remove_prefix(kChecksum + packed);
  }
  return out;
}

}  // namespace synfin
