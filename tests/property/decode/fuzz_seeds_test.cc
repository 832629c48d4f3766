/// \file
/// The seeds of tests/fuzz/decode_fuzz.cc are the sample packets. SYNFIN_UPDATE_SEEDS=1 writes them
/// anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/encapsulations.h"

namespace synfin {
namespace {

using namespace test;

const std::filesystem::path kFolder =
    std::filesystem::path(SYNFIN_SOURCE_DIR) / "tests/fuzz/corpus/decode";

/// Link number, nothing missing, packet.
Bytes seed_of(const SamplePacket& sample) {
  const auto link = static_cast<std::uint16_t>(sample.link);
  Bytes seed = {static_cast<std::uint8_t>(link), static_cast<std::uint8_t>(link >> 8), 0, 0};
  seed.insert(seed.end(), sample.bytes.begin(), sample.bytes.end());
  return seed;
}

void write(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

TEST(DecodeFuzzSeeds, AreTheSamplePackets) {
  const bool update = std::getenv("SYNFIN_UPDATE_SEEDS") != nullptr;
  for (const SamplePacket& sample : sample_packets()) {
    const Bytes seed = seed_of(sample);
    if (update) write(kFolder / sample.name, seed);
    std::ifstream file(kFolder / sample.name, std::ios::binary);
    const Bytes found((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_EQ(found, seed) << sample.name
                           << ": set SYNFIN_UPDATE_SEEDS=1 and run this test to write it";
  }
}

}  // namespace
}  // namespace synfin
