#include "capture/record_buffer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "capture/byte_stream.h"

namespace synfin {
namespace {

const std::string kText = "0123456789abcdefghijklmnopqrstuvwxyz";

MemoryStream stream_of(std::string_view text) {
  return MemoryStream({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string unread(const RecordBuffer& buffer) { return {buffer.begin(), buffer.end()}; }

TEST(RecordBuffer, KeepsTheTailWhenItReadsOn) {
  MemoryStream stream = stream_of(kText);
  RecordBuffer buffer(8);
  ASSERT_EQ(buffer.fill(stream), ReadState::Data);
  EXPECT_EQ(unread(buffer), "01234567");
  buffer.consume(6);
  EXPECT_EQ(buffer.offset(), 6U);
  ASSERT_EQ(buffer.fill(stream), ReadState::Data);
  EXPECT_EQ(unread(buffer), "6789abcdef");
  EXPECT_EQ(buffer.offset(), 6U);
}

TEST(RecordBuffer, GrowsForARecordLargerThanAChunk) {
  for (const std::size_t chunk : {1UL, 3UL, 8UL}) {
    MemoryStream stream = stream_of(kText);
    RecordBuffer buffer(chunk);
    while (buffer.fill(stream) == ReadState::Data) {
    }
    EXPECT_EQ(unread(buffer), kText) << chunk;
  }
}

TEST(RecordBuffer, SkipsBytesReadAndBytesStillToCome) {
  MemoryStream stream = stream_of(kText);
  RecordBuffer buffer(8);
  buffer.fill(stream);
  buffer.skip(20);
  EXPECT_EQ(buffer.size(), 0U);
  EXPECT_EQ(buffer.skipping(), 12U);
  buffer.fill(stream);
  EXPECT_EQ(buffer.skipping(), 4U);
  buffer.fill(stream);
  EXPECT_EQ(buffer.skipping(), 0U);
  EXPECT_EQ(buffer.offset(), 20U);
  EXPECT_EQ(unread(buffer), "klmn");
}

TEST(RecordBuffer, ClearResetsEverything) {
  MemoryStream stream = stream_of(kText);
  RecordBuffer buffer(8);
  buffer.fill(stream);
  buffer.skip(100);
  buffer.clear();
  EXPECT_EQ(buffer.offset(), 0U);
  buffer.fill(stream);
  EXPECT_EQ(unread(buffer), "89abcdef");
}

}  // namespace
}  // namespace synfin
