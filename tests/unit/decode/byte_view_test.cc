/// \file
/// Tests of include/synfin/decode/byte_view.h.
#include "decode/byte_view.h"

#include <gtest/gtest.h>

#include <memory>

namespace synfin {
namespace {

constexpr std::uint8_t kBytes[] = {0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0};

ByteView view(std::uint32_t captured, std::uint32_t wire) { return {kBytes, captured, wire}; }

TEST(ByteView, FieldsAreBigEndian) {
  const auto header = view(8, 8).header<8>();
  ASSERT_TRUE(header);
  EXPECT_EQ(header.u8<0>(), 0x12);
  EXPECT_EQ(header.u16<1>(), 0x3456);
  EXPECT_EQ(header.u24<2>(), 0x56789Au);
  EXPECT_EQ(header.u32<4>(), 0x9ABCDEF0u);
  EXPECT_EQ(header.v4<4>(), Address::from_v4(0x9ABCDEF0));
  EXPECT_EQ((header.part<2, 4>().u16<0>()), 0x5678);
}

TEST(ByteView, AnAbsentHeaderReadsAsZeros) {
  EXPECT_TRUE(view(4, 8).header<4>());
  const auto absent = view(3, 8).header<4>();
  EXPECT_FALSE(absent);
  EXPECT_EQ(absent.u32<0>(), 0u);
  EXPECT_FALSE((absent.part<2, 2>()));
  EXPECT_EQ((absent.part<2, 2>().u16<0>()), 0u);
  EXPECT_FALSE(ByteView(nullptr, 0, 0).header<1>());
}

TEST(ByteView, SkipTakesFromTheCaptureFirst) {
  const ByteView rest = view(4, 8).skip(3);
  EXPECT_EQ(rest.captured(), 1u);
  EXPECT_EQ(rest.wire(), 5u);
  EXPECT_EQ(rest.header<1>().u8<0>(), 0x78);
  EXPECT_EQ(view(4, 8).skip(6).captured(), 0u);
  EXPECT_EQ(view(4, 8).skip(6).wire(), 2u);
  EXPECT_EQ(view(4, 8).skip(9).wire(), 0u);
  EXPECT_EQ(view(4, 8).skip(UINT32_MAX).wire(), 0u);
}

TEST(ByteView, ResizedShortensOrExtends) {
  EXPECT_EQ(view(8, 8).resized(3).captured(), 3u);
  EXPECT_TRUE(view(8, 8).resized(3).complete());
  EXPECT_EQ(view(4, 8).resized(6).captured(), 4u);
  EXPECT_EQ(view(4, 8).resized(6).wire(), 6u);
  EXPECT_EQ(view(4, 4).resized(100).captured(), 4u);
  EXPECT_EQ(view(4, 4).resized(100).wire(), 100u);
  EXPECT_FALSE(view(4, 4).resized(100).complete());
}

TEST(ByteView, AWireLengthBelowTheCapturedOneIsIgnored) {
  EXPECT_EQ(view(8, 2).wire(), 8u);
  EXPECT_TRUE(view(8, 2).complete());
}

TEST(ByteView, WithCapturedPassesTheCapturedBytes) {
  const auto sum = [](const std::uint8_t* data, std::uint32_t size) {
    int total = 0;
    for (std::uint32_t i = 0; i < size; ++i) total += data[i];
    return total;
  };
  EXPECT_EQ(view(2, 8).with_captured(sum), 0x12 + 0x34);
}

}  // namespace
}  // namespace synfin
