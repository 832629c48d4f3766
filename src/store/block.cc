// See block.h.
#include "store/block.h"

#include <lz4.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace synfin {
namespace {

constexpr std::size_t kChecksum = 16, kHeader = 9;
constexpr std::size_t kBefore = kChecksum + kHeader;
constexpr char kLz4 = '\x82', kUncompressed = '\x02';

void put_size(char* at, std::size_t size) {
  const auto value = static_cast<std::uint32_t>(size);
  std::memcpy(at, &value, sizeof value);
}

/// Writes what precedes the `packed` bytes of a block. Its checksum is zero.
void put_head(char* block, char method, std::size_t packed, std::size_t size) {
  std::memset(block, 0, kChecksum);
  block[kChecksum] = method;
  put_size(block + kChecksum + 1, packed + kHeader);
  put_size(block + kChecksum + 5, size);
}

std::size_t get_size(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Appends the `size` bytes that `content` stands for.
bool decompress(std::string_view content, std::size_t size, std::string& out) {
  const std::size_t at = out.size();
  out.resize(at + size);
  const int got = LZ4_decompress_safe(content.data(), out.data() + at,
                                      static_cast<int>(content.size()), static_cast<int>(size));
  return got >= 0 && static_cast<std::size_t>(got) == size;
}

}  // namespace

void compress_blocks(std::string_view bytes, RowBuffer& out) {
  while (!bytes.empty()) {
    const std::string_view some = bytes.substr(0, kMaxBlock);
    const int bound = LZ4_compressBound(static_cast<int>(some.size()));
    char* const block = out.extend(kBefore + static_cast<std::size_t>(bound));
    const auto packed = static_cast<std::size_t>(
        LZ4_compress_default(some.data(), block + kBefore, static_cast<int>(some.size()), bound));
    put_head(block, kLz4, packed, some.size());
    out.shrink(static_cast<std::size_t>(bound) - packed);
    bytes.remove_prefix(some.size());
  }
}

void copy_blocks(std::string_view bytes, RowBuffer& out) {
  while (!bytes.empty()) {
    const std::string_view some = bytes.substr(0, kMaxBlock);
    put_head(out.extend(kBefore), kUncompressed, some.size(), some.size());
    out.append(some);
    bytes.remove_prefix(some.size());
  }
}

std::optional<std::string> decompress_blocks(std::string_view blocks) {
  std::string out;
  while (!blocks.empty()) {
    if (blocks.size() < kBefore) return std::nullopt;
    const char method = blocks[kChecksum];
    const char* const header = blocks.data() + kChecksum;
    const std::size_t packed = get_size(header + 1), size = get_size(header + 5);
    if (packed < kHeader || packed > blocks.size() - kChecksum || size > kMaxBlock)
      return std::nullopt;
    const std::string_view content(header + kHeader, packed - kHeader);
    if (method == kUncompressed && content.size() == size) {
      out += content;
    } else if (method != kLz4 || !decompress(content, size, out)) {
      return std::nullopt;
    }
    blocks.remove_prefix(kChecksum + packed);
  }
  return out;
}

}  // namespace synfin
