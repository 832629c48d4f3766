/// \file
/// Every capture at hand goes through the decoder: counted once, and from buffers of exact size.
#include <gtest/gtest.h>

#include <array>

#include "support/captures_at_hand.h"
#include "support/decode_one.h"
#include "synfin/capture/savefile.h"

namespace synfin {
namespace {

using namespace test;

/// Packets read.
int decode_capture(const std::filesystem::path& path) {
  auto source = open_savefile(path.string());
  if (!source) return 0;  // some are no captures, on purpose
  std::array<Packet, 32> batch;
  int packets = 0;
  while (!(*source)->ended()) {
    const std::size_t count = (*source)->next_batch(batch);
    for (const Packet& packet : std::span(batch).first(count)) {
      const Bytes bytes(packet.data, packet.data + packet.caplen);
      decode_one(bytes, packet.link);
      decode_one(bytes, packet.link, SIZE_MAX, {.verify_checksums = true});
      ++packets;
    }
  }
  return packets;
}

int decode_folder(const std::filesystem::path& folder) {
  int packets = 0;
  for (const auto& path : captures_under(folder)) packets += decode_capture(path);
  return packets;
}

TEST(DecodeCaptures, Ours) {
  const std::filesystem::path folder = std::filesystem::path(SYNFIN_SOURCE_DIR) / "pcaps";
  if (captures_under(folder).empty()) GTEST_SKIP() << "no captures in pcaps/ yet";
  EXPECT_GT(decode_folder(folder), 0);
}

TEST(DecodeCaptures, Hostile) {
  if (!std::filesystem::exists(oracle_folder())) GTEST_SKIP() << oracle_folder() << " is absent";
  EXPECT_GT(decode_folder(oracle_folder() / "hostile"), 1000);
}

TEST(DecodeCaptures, WithAReference) {
  if (!std::filesystem::exists(oracle_folder())) GTEST_SKIP() << oracle_folder() << " is absent";
  EXPECT_GT(decode_folder(oracle_folder() / "zeek"), 1000);
}

}  // namespace
}  // namespace synfin
