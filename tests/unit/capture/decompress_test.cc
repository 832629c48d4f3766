#include "capture/decompress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

struct Unpacked {
  std::string text;
  std::string failure;
};

/// Text that compresses moderately.
std::string prose(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i) text += std::to_string(i * 2654435761U);
  text.resize(size);
  return text;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Decompresses `packed`, of which `head_size` bytes were read before, `piece` bytes at a time.
Unpacked unpack(const std::string& packed, std::size_t head_size = 4, std::size_t piece = 10'000) {
  const std::vector<std::uint8_t> exact(packed.begin(), packed.end());
  const std::span<const std::uint8_t> all(exact);
  auto memory = std::make_unique<MemoryStream>(all);
  std::vector<std::uint8_t> head(std::min(head_size, packed.size()));
  if (!head.empty()) memory->read(head);
  const auto stream = decompress(compression_of(all), std::move(memory), head);
  Unpacked out;
  std::vector<std::uint8_t> into(piece);
  for (ReadResult got = stream->read(into); got.state == ReadState::Data;
       got = stream->read(into)) {
    out.text.append(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(got.size));
  }
  EXPECT_EQ(stream->read(into).state, ReadState::End) << "an ended stream gave more";
  out.failure = stream->failure();
  return out;
}

TEST(Compression, IsRecognizedByItsFirstBytes) {
  EXPECT_EQ(compression_of(bytes_of(gzip("x"))), Compression::Gzip);
  EXPECT_EQ(compression_of(bytes_of(zstd("x"))), Compression::Zstd);
  EXPECT_EQ(compression_of(bytes_of(lz4("x"))), Compression::Lz4);
  EXPECT_EQ(compression_of(bytes_of(xz("x"))), Compression::Xz);
  EXPECT_EQ(compression_of(bytes_of(bzip2("x"))), Compression::Bzip2);
  EXPECT_EQ(compression_of(bytes_of("\x5a\x2a\x4d\x18")), Compression::Zstd)
      << "a skippable frame first";
  EXPECT_EQ(compression_of(bytes_of(pcap_header())), Compression::None);
  EXPECT_EQ(compression_of(bytes_of("\x1f")), Compression::None);
  EXPECT_EQ(compression_of(bytes_of("")), Compression::None);
}

TEST(Decompress, RestoresWhatWasCompressed) {
  const std::string text = prose(1'000'000);
  for (const std::string& packed : {gzip(text), zstd(text), lz4(text), xz(text), bzip2(text)}) {
    for (const std::size_t piece : {1UL, 1000UL, 1'000'000UL}) {
      if (piece == 1 && packed.size() > 1'000'000) continue;
      const Unpacked out = unpack(packed, 4, piece);
      EXPECT_TRUE(out.text == text);
      EXPECT_EQ(out.failure, "");
    }
    EXPECT_TRUE(unpack(packed, packed.size()).text == text) << "all of it read beforehand";
  }
}

TEST(Decompress, ReadsSeveralMembersAndFrames) {
  EXPECT_EQ(unpack(gzip("one ") + gzip("") + gzip("two")).text, "one two");
  EXPECT_EQ(unpack(zstd("one ") + zstd("") + zstd("two")).text, "one two");
  EXPECT_EQ(unpack(lz4("one ") + lz4("") + lz4("two")).text, "one two");
  EXPECT_EQ(unpack(xz("one ") + xz("") + xz("two")).text, "one two");
  EXPECT_EQ(unpack(bzip2("one ") + bzip2("") + bzip2("two")).text, "one two");
  const std::string skippable = Octets().u32(0x184D2A53).u32(5).text("12345").str();
  const Unpacked out = unpack(skippable + zstd("one ") + skippable + zstd("two") + skippable);
  EXPECT_EQ(out.text, "one two");
  EXPECT_EQ(out.failure, "");
}

TEST(Decompress, GzipMayBePaddedWithZeros) {
  const Unpacked out =
      unpack(gzip("one") + std::string(1000, '\0') + gzip("two") + std::string(7, '\0'));
  EXPECT_EQ(out.text, "onetwo");
  EXPECT_EQ(out.failure, "");
}

TEST(Decompress, ReportsWhereItIsCut) {
  const std::string text = prose(300'000);
  const std::string gz = gzip(text);
  const Unpacked cut = unpack(gz.substr(0, 1000));
  EXPECT_EQ(cut.failure, "the gzip data is cut off at byte 1000");
  EXPECT_GT(cut.text.size(), 1000U);
  EXPECT_EQ(cut.text, text.substr(0, cut.text.size()));
  EXPECT_EQ(unpack(gz.substr(0, gz.size() - 1)).text, text) << "only the length at the end is cut";

  const std::string zs = zstd(text);
  const Unpacked cut_zs = unpack(zs.substr(0, zs.size() - 10));
  EXPECT_EQ(cut_zs.failure, "the zstd data is cut off at byte " + std::to_string(zs.size() - 10));
  EXPECT_GT(cut_zs.text.size(), 0U);
  EXPECT_EQ(cut_zs.text, text.substr(0, cut_zs.text.size()));
}

TEST(Decompress, ReportsWhereOtherFormatsAreCut) {
  const std::string text = prose(300'000);
  for (const auto& [packed, name] :
       {std::pair{lz4(text), "lz4"}, {xz(text), "xz"}, {bzip2(text), "bzip2"}}) {
    const std::size_t size = packed.size() - 10;
    const Unpacked cut = unpack(packed.substr(0, size));
    EXPECT_EQ(cut.failure,
              "the " + std::string(name) + " data is cut off at byte " + std::to_string(size));
    EXPECT_EQ(cut.text, text.substr(0, cut.text.size()));
    EXPECT_EQ(unpack(packed + "garbage").text, text) << name;
    EXPECT_NE(unpack(packed + "garbage").failure, "") << name;
  }
}

TEST(Decompress, ReportsDamageAfterTheDataBeforeIt) {
  const std::string text = prose(1'000'000);
  for (std::string packed : {gzip(text), zstd(text), xz(text), bzip2(text)}) {
    packed[packed.size() / 2] ^= 0x55;
    packed[packed.size() / 2 + 1] ^= 0x55;
    const Unpacked out = unpack(packed);
    EXPECT_NE(out.failure.find("data is damaged at byte "), std::string::npos) << out.failure;
    if (packed[0] != '\x1f' && packed[0] != '\x28') continue;
    EXPECT_GT(out.text.size(), 100'000U);
    if (packed[0] == '\x1f') continue;  // gzip decodes on for a while before it notices
    EXPECT_EQ(out.text, text.substr(0, out.text.size()));
  }
}

/// The offset of the second block of a zstd frame (RFC 8878, 3.1.1).
std::size_t second_block(const std::string& frame) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(frame[at]); };
  const bool single_segment = (byte(4) & 0x20) != 0;
  const std::size_t content_size_bytes[] = {single_segment ? 1U : 0U, 2, 4, 8};
  const std::size_t first = 5 + (single_segment ? 0 : 1) + content_size_bytes[byte(4) >> 6];
  return first + 3 + ((byte(first) | byte(first + 1) << 8 | byte(first + 2) << 16) >> 3);
}

TEST(Decompress, ZstdLosesNoBlockBeforeADamagedOne) {
  const std::string text = prose(200'000);
  std::string packed = zstd(text);
  const std::size_t at = second_block(packed);
  ASSERT_LT(at + 3, packed.size());
  packed[at] |= 0x06;  // the reserved block type
  for (const std::size_t piece : {1000UL, 1'000'000UL}) {
    const Unpacked out = unpack(packed, 4, piece);
    EXPECT_EQ(out.text.size(), 128U * 1024);
    EXPECT_EQ(out.text, text.substr(0, out.text.size()));
    EXPECT_NE(out.failure.find("damaged at byte " + std::to_string(at)), std::string::npos)
        << out.failure;
  }
}

TEST(Decompress, ReportsAWrongChecksum) {
  std::string packed = gzip("hello");
  packed[packed.size() - 6] ^= 1;
  const Unpacked out = unpack(packed);
  EXPECT_EQ(out.text, "hello");
  EXPECT_NE(out.failure.find("(incorrect data check)"), std::string::npos) << out.failure;
}

TEST(Decompress, ReportsDataAfterGzip) {
  const std::string packed = gzip("hello");
  const Unpacked out = unpack(packed + "garbage");
  EXPECT_EQ(out.text, "hello");
  EXPECT_EQ(out.failure, "the gzip data is damaged at byte " + std::to_string(packed.size()) +
                             " (followed by other data)");
}

}  // namespace
}  // namespace synfin::test
