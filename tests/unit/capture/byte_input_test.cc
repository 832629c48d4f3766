// The first bytes of an input, compressed or not, are there before its format is known.
#include "synfin/capture/byte_input.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

namespace synfin {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

std::vector<std::uint8_t> gzipped(std::string_view text) {
  std::vector<std::uint8_t> out(text.size() + 64);
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::vector<std::uint8_t> in = bytes_of(text);
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string all_of(ByteInput& input) {
  std::string all;
  do {
    all += input.window();
    input.consume(input.window().size());
  } while (input.fill());
  return all + std::string(input.window());
}

TEST(ByteInput, IsDecompressedByItsContent) {
  const std::string text(100'000, 'x');
  for (const auto& bytes : {bytes_of(text), gzipped(text)}) {
    auto input = ByteInput::of_bytes(bytes, "test", {.chunk_size = 1000, .second_thread = false});
    ASSERT_TRUE(input);
    EXPECT_EQ(input->window().substr(0, 4), "xxxx");
    EXPECT_EQ(all_of(*input), text);
    EXPECT_TRUE(input->failure().empty());
  }
}

TEST(ByteInput, ReportsThatItIsCut) {
  auto bytes = gzipped(std::string(100'000, 'x'));
  bytes.resize(bytes.size() - 10);
  auto input = ByteInput::of_bytes(bytes, "test", {.second_thread = false});
  ASSERT_TRUE(input);
  all_of(*input);
  EXPECT_FALSE(input->failure().empty());
}

TEST(ByteInput, MayBeShorterThanAnyMagic) {
  const auto bytes = bytes_of("ab");
  auto input = ByteInput::of_bytes(bytes, "test");
  ASSERT_TRUE(input);
  EXPECT_EQ(input->window(), "ab");
  const auto capture = open_savefile(std::move(*input));
  ASSERT_FALSE(capture);
  EXPECT_NE(capture.error().message.find("is not a capture file"), std::string::npos);
}

TEST(ByteInput, NamesAFileThatDoesNotExist) {
  const auto input = ByteInput::open("/no/such/file");
  ASSERT_FALSE(input);
  EXPECT_NE(input.error().message.find("/no/such/file"), std::string::npos);
}

}  // namespace
}  // namespace synfin
