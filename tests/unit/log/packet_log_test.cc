// -w: the savefile reader reads back what PacketLog wrote, and each file records its own drops.
#include "synfin/log/packet_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "support/file_size_limit.h"
#include "support/ticking_source.h"
#include "synfin/capture/savefile.h"
#include "unit/enrich/geo_samples.h"

namespace synfin::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// A source that counts drops.
class LossySource final : public PacketSource {
 public:
  std::size_t next_batch(std::span<Packet> out) override { return inner_.next_batch(out); }
  bool ended() const override { return inner_.ended(); }
  const std::string& damage() const override { return inner_.damage(); }
  const std::vector<InterfaceInfo>& interfaces() const override { return inner_.interfaces(); }
  Progress progress() const override { return {}; }
  DropCounters drops() const override { return counted; }

  DropCounters counted;

 private:
  TickingSource inner_{Bytes(60, 0x5A), 100};
};

struct Read {
  std::vector<std::int64_t> seconds;
  DropCounters drops;
  std::string damage;
};

Read read(const std::string& path) {
  Read result;
  auto source = open_savefile(path);
  EXPECT_TRUE(source) << path;
  if (!source) return result;
  std::array<Packet, 8> packets;
  while (!(*source)->ended()) {
    const std::size_t got = (*source)->next_batch(packets);
    for (const Packet& p : std::span(packets).first(got)) {
      EXPECT_EQ(p.caplen, 60u);
      EXPECT_EQ(p.data[59], 0x5A);
      result.seconds.push_back(to_ns(p.time) / 1'000'000'000);
    }
  }
  result.drops = (*source)->drops();
  result.damage = (*source)->damage();
  return result;
}

void write_next(PacketLog& log, LossySource& source, std::size_t count) {
  std::array<Packet, 1> packet;
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(source.next_batch(packet), 1u);
    log.write(packet[0]);
  }
}

TEST(PacketLog, OneFileHoldsAllPacketsAndDrops) {
  const SampleFolder folder;
  const std::string path = folder.write("out.pcapng", "what was there before");
  LossySource source;
  auto log = PacketLog::open(path, {}, {.program = "test", .filter = {}}, source);
  ASSERT_TRUE(log);
  write_next(**log, source, 5);
  source.counted = {3, 4};
  ASSERT_TRUE((*log)->finish());
  const Read got = read(path);
  EXPECT_EQ(got.seconds, (std::vector<std::int64_t>{1000, 1001, 1002, 1003, 1004}));
  EXPECT_EQ(got.drops.kernel, 3u);
  EXPECT_EQ(got.drops.interface, 4u);
  EXPECT_EQ(got.damage, "");
}

TEST(PacketLog, EachRotatedFileIsCompleteAndRecordsItsOwnDrops) {
  const SampleFolder folder;
  const std::string path = folder.write("out", "");
  LossySource source;
  auto log = PacketLog::open(path, {.max_bytes = 600}, {.program = "test", .filter = {}}, source);
  ASSERT_TRUE(log);
  std::vector<std::int64_t> seconds;
  DropCounters drops;
  for (int i = 0; i < 20; ++i) {
    write_next(**log, source, 1);
    source.counted += {1, 2};
  }
  ASSERT_TRUE((*log)->finish());
  int files = 0;
  for (std::string name = path; std::filesystem::exists(name);
       name = path + std::to_string(++files)) {
    const Read got = read(name);
    EXPECT_EQ(got.damage, "") << name;
    seconds.insert(seconds.end(), got.seconds.begin(), got.seconds.end());
    drops += got.drops;
  }
  EXPECT_GT(files, 2);
  ASSERT_EQ(seconds.size(), 20u);
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    EXPECT_EQ(seconds[i], 1000 + static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(drops.kernel, 20u) << "none twice, none forgotten";
  EXPECT_EQ(drops.interface, 40u);
}

TEST(PacketLog, PollFlushes) {
  const SampleFolder folder;
  const std::string path = folder.write("out", "");
  LossySource source;
  auto log = PacketLog::open(path, {}, {.program = "test", .filter = {}}, source);
  ASSERT_TRUE(log);
  write_next(**log, source, 2);
  (*log)->poll(0);
  EXPECT_EQ(read(path).seconds.size(), 2u) << "readable while the run goes on";
  EXPECT_FALSE((*log)->limit_reached());
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ((*log)->finish().ok(), true);
}

/// A source of two interfaces. The test makes the packets.
class TwoInterfaces final : public PacketSource {
 public:
  std::size_t next_batch(std::span<Packet>) override { return 0; }
  bool ended() const override { return true; }
  const std::string& damage() const override { return damage_; }
  const std::vector<InterfaceInfo>& interfaces() const override { return interfaces_; }
  Progress progress() const override { return {}; }

 private:
  std::string damage_;
  std::vector<InterfaceInfo> interfaces_ = std::vector<InterfaceInfo>(
      2, {.name = "eth", .link = LinkType::Ethernet, .link_number = 1, .snap_length = 65535});
};

TEST(PacketLog, OnAFullDiskTheDescriptionOfAnInterfaceIsNotLost) {
  const SampleFolder folder;
  const std::string path = folder.write("out", "");
  const TwoInterfaces source;
  auto log = PacketLog::open(path, {}, {.program = "test", .filter = {}}, source);
  ASSERT_TRUE(log);
  const Bytes bytes(60'000, 0x5A);
  Packet packet;
  packet.data = bytes.data();
  const auto write = [&](std::uint16_t interface, std::uint32_t size) {
    packet.interface = interface;
    packet.caplen = packet.wirelen = size;
    (*log)->write(packet);
  };
  {
    const FileSizeLimit full(0);
    for (int i = 0; i < 30; ++i) write(0, 60'000);
    write(1, 60'000);  // it does not fit into what is kept
    write(1, 60);
  }
  EXPECT_FALSE((*log)->finish()) << "packets are lost";
  auto reader = open_savefile(path);
  ASSERT_TRUE(reader);
  std::array<Packet, 8> packets;
  std::size_t of_second = 0;
  while (!(*reader)->ended()) {
    const std::size_t got = (*reader)->next_batch(packets);
    for (const Packet& p : std::span(packets).first(got)) of_second += p.interface == 1 ? 1 : 0;
  }
  EXPECT_EQ((*reader)->damage(), "");
  EXPECT_EQ(of_second, 1u);
}

TEST(PacketLog, AWrongPathAndAFullDeviceAreReported) {
  LossySource source;
  const auto none = PacketLog::open("/nonexistent/out", {}, {.program = "t", .filter = {}}, source);
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("/nonexistent/out"), std::string::npos);
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  auto full = PacketLog::open("/dev/full", {}, {.program = "t", .filter = {}}, source);
  ASSERT_TRUE(full);
  write_next(**full, source, 3);
  const Status ended = (*full)->finish();
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().message.find("/dev/full"), std::string::npos);
}

}  // namespace
}  // namespace synfin::test
