/// \file
/// The fast reader equals libpcap, packet by packet, on each available capture: those of pcaps/
/// and, if present, of ../shared/oracle beside the source tree (or $SYNFIN_ORACLE).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "capture/libpcap_file.h"
#include "synfin/capture/savefile.h"
#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> captures_under(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(folder, failed)) {
    const std::string extension = entry.path().extension();
    if (extension == ".pcap" || extension == ".pcapng" || extension == ".cap")
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> captures_at_hand() {
  const fs::path source = SYNFIN_SOURCE_DIR;
  const char* oracle = std::getenv("SYNFIN_ORACLE");
  std::vector<std::string> all = captures_under(source / "pcaps");
  for (const std::string& path :
       captures_under(oracle != nullptr ? oracle : source / "../shared/oracle")) {
    all.push_back(path);
  }
  return all;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Link types whose headers libpcap rewrites in files of the other byte order: USB and CAN cooked.
/// Nothing in them is decoded here.
bool libpcap_rewrites(LinkType link) {
  const auto number = static_cast<std::uint16_t>(link);
  return number == 189 || number == 220 || number == 239;
}

/// Fractions of a second are unsigned (and below a second) in the specification. libpcap treats an
/// absurd one of 2^31 or more as negative.
bool same_fraction_with_other_sign(std::int64_t ours, std::int64_t theirs) {
  constexpr std::int64_t kWrap = std::int64_t{1} << 32;
  return ours - theirs == kWrap || ours - theirs == kWrap * 1000;
}

/// Our packet in libpcap's form: a single interface.
Seen as_libpcap_shows(Seen ours, const Seen& theirs) {
  constexpr std::int64_t kYear2200 = 7'258'118'400'000'000'000,
                         kYear1900 = -2'208'988'800'000'000'000;
  if (ours.ns == std::clamp(theirs.ns, kYear1900, kYear2200)) ours.ns = theirs.ns;
  ours.interface = theirs.interface;
  if (same_fraction_with_other_sign(ours.ns, theirs.ns)) ours.ns = theirs.ns;
  if (libpcap_rewrites(ours.link)) {
    ours.bytes = theirs.bytes;
    ours.wirelen = theirs.wirelen;
  }
  return ours;
}

/// Damage that libpcap does not detect. After it, the two readers differ.
bool is_own_damage(const std::string& damage) {
  return damage.find("zeros follow") != std::string::npos ||
         damage.find("zeros between") != std::string::npos ||
         damage.find("another capture begins") != std::string::npos ||
         damage.find("decades away") != std::string::npos;
}

/// The number of equal packets at the front.
std::size_t agreeing(const std::vector<Seen>& ours, const std::vector<Seen>& theirs) {
  std::size_t same = 0;
  while (same < ours.size() && same < theirs.size() &&
         as_libpcap_shows(ours[same], theirs[same]) == theirs[same])
    ++same;
  return same;
}

TEST(SavefileEqualsLibpcap, OnEveryCapture) {
  const std::vector<std::string> paths = captures_at_hand();
  if (paths.empty()) GTEST_SKIP() << "no captures at hand";
  std::size_t packets = 0;
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    auto reference = open_with_libpcap(path);
    if (!reference) continue;  // what libpcap refuses, we may read
    auto reader = open_savefile(path);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    const std::vector<Seen> theirs = read_all(**reference);
    const std::vector<Seen> ours = read_all(**reader, 256);
    if (is_own_damage((*reader)->damage())) continue;
    const std::size_t same = agreeing(ours, theirs);
    EXPECT_EQ(same, theirs.size())
        << "ours: " << ::testing::PrintToString(same < ours.size() ? ours[same] : Seen{});
    if ((*reference)->damage().empty()) {
      EXPECT_EQ(ours.size(), theirs.size());
      EXPECT_EQ((*reader)->damage(), "");
    } else if (ours.size() == theirs.size()) {
      EXPECT_NE((*reader)->damage(), "") << "libpcap says " << (*reference)->damage();
    }
    packets += theirs.size();
  }
  EXPECT_GT(packets, 0U);
  RecordProperty("captures", static_cast<int>(paths.size()));
  RecordProperty("packets", static_cast<int>(packets));
}

/// Chunk and batch sizes, compression and threads do not change the packets.
TEST(SavefileIsTheSame, ForAllChunksBatchesAndThreads) {
  const std::vector<std::string> paths = captures_at_hand();
  if (paths.empty()) GTEST_SKIP() << "no captures at hand";
  for (const std::string& path : paths) {
    const std::string content = content_of(path);
    if (content.size() > 300'000) continue;  // read a byte at a time, and in eight other ways
    SCOPED_TRACE(path);
    const ReadOutcome whole = read_bytes(content, {}, 256);
    if (!whole.error.empty()) continue;
    for (const std::size_t chunk : {1UL, 13UL, 4096UL, 1UL << 20}) {
      for (const std::size_t batch : {1UL, 16UL, 256UL}) {
        if (chunk == 1 && batch != 16 && content.size() > 20'000) continue;
        const ReadOutcome piecewise = read_bytes(content, chunks_of(chunk), batch);
        EXPECT_TRUE(piecewise.packets == whole.packets) << "chunk " << chunk << ", batch " << batch;
        EXPECT_EQ(piecewise.damage, whole.damage) << "chunk " << chunk << ", batch " << batch;
      }
    }
    for (const std::string& packed : {gzip(content), zstd(content)}) {
      for (const bool second_thread : {false, true}) {
        SavefileOptions options = chunks_of(second_thread ? 4096 : 100'000);
        options.second_thread = second_thread;
        const ReadOutcome unpacked = read_bytes(packed, options);
        EXPECT_TRUE(unpacked.packets == whole.packets) << unpacked.error;
        EXPECT_EQ(unpacked.damage.empty(), whole.damage.empty()) << unpacked.damage;
      }
    }
  }
}

/// If a capture is cut anywhere, the packets before the cut are the same, and the cut is reported.
TEST(SavefileIsTheSame, UpToTheCut) {
  const std::vector<std::string> paths = captures_at_hand();
  if (paths.empty()) GTEST_SKIP() << "no captures at hand";
  for (std::size_t i = 0; i < paths.size(); i += 10) {
    const std::string content = content_of(paths[i]);
    if (content.size() > 100'000) continue;
    SCOPED_TRACE(paths[i]);
    const ReadOutcome whole = read_bytes(content);
    // The second packet corrects an absurd time of the first one; a cut may have removed it.
    if (whole.damage.find("has the time") != std::string::npos) continue;
    for (std::size_t size = 0; size < content.size(); size += content.size() / 37 + 1) {
      const ReadOutcome cut = read_bytes(content.substr(0, size), chunks_of(512));
      ASSERT_LE(cut.packets.size(), whole.packets.size());
      EXPECT_TRUE(std::equal(cut.packets.begin(), cut.packets.end(), whole.packets.begin()));
      if (cut.error.empty() && cut.damage.empty()) {
        const ReadOutcome with_one_more = read_bytes(content.substr(0, size + 1));
        EXPECT_NE(with_one_more.damage, "")
            << "a cut at byte " << size << " was between two records";
      }
    }
  }
}

}  // namespace
}  // namespace synfin::test
