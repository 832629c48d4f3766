// Compressed blocks: what is packed is unpacked, in several blocks if it is long, and damage is
// found.
#include "store/block.h"

#include <gtest/gtest.h>

namespace synfin::test {
namespace {

std::string sample(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i * i) + ",";
  text.resize(size);
  return text;
}

std::string packed(std::string_view text) {
  RowBuffer blocks;
  compress_blocks(text, blocks);
  return std::string(blocks.view());
}

TEST(Block, UnpacksWhatItPacks) {
  for (const std::size_t size : {0UL, 1UL, 1000UL, kMaxBlock, kMaxBlock + 1, 3 * kMaxBlock}) {
    const std::string blocks = packed(sample(size));
    EXPECT_EQ(decompress_blocks(blocks), sample(size)) << size;
    EXPECT_LE(blocks.size(), size + 100) << size;
  }
}

TEST(Block, UnpacksWhatItCopies) {
  for (const std::size_t size : {1UL, 1000UL, kMaxBlock + 1}) {
    RowBuffer blocks;
    copy_blocks(sample(size), blocks);
    compress_blocks("more", blocks);
    EXPECT_EQ(decompress_blocks(blocks.view()), sample(size) + "more") << size;
  }
  std::string wrong(26, '\0');
  wrong[16] = '\x02';
  wrong[17] = 10;
  wrong[21] = 2;  // one byte is said to be two
  EXPECT_EQ(decompress_blocks(wrong), std::nullopt);
}

TEST(Block, HasTheLayoutOfClickHouse) {
  const std::string blocks = packed(std::string(32, 'a'));
  EXPECT_EQ(blocks[16], '\x82');
  EXPECT_EQ(static_cast<std::size_t>(static_cast<unsigned char>(blocks[17])), blocks.size() - 16);
  EXPECT_EQ(blocks[21], 32);
}

TEST(Block, FindsDamage) {
  std::string blocks = packed(sample(1000));
  EXPECT_EQ(decompress_blocks(blocks.substr(0, blocks.size() - 1)), std::nullopt);
  EXPECT_EQ(decompress_blocks(blocks + "x"), std::nullopt);
  EXPECT_EQ(decompress_blocks(blocks.substr(0, 20)), std::nullopt);
  blocks[16] = '\x90';
  EXPECT_EQ(decompress_blocks(blocks), std::nullopt);
}

}  // namespace
}  // namespace synfin::test
