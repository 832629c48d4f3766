// From packets in memory to outputs, live: nothing is lost at the end, and a slow output loses only
// what is for display.
#include "app/live_pipeline.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/packet_builder.h"

namespace synfin::test {
namespace {

/// SYN and RST of so many connections, then silence until it is interrupted.
class Refusals final : public PacketSource {
 public:
  explicit Refusals(int connections) : left_(connections) {}

  std::size_t next_batch(std::span<Packet> out) override {
    frames_.clear();
    frames_.reserve(2);
    if (left_ == 0 || out.size() < 2) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
      return 0;
    }
    const auto port = static_cast<std::uint16_t>(1024 + left_-- % 60'000);
    time_ += std::chrono::microseconds{10};
    frames_.push_back(Ethernet{} / Ipv4{} / Tcp{.sport = port, .seq = 100, .syn = true});
    frames_.push_back(Ethernet{} / Ipv4{.src = "198.51.100.7", .dst = "192.0.2.1"} /
                      Tcp{.sport = 80, .dport = port, .ack_seq = 101, .rst = true, .ack = true});
    for (std::size_t i = 0; i < 2; ++i) out[i] = as_packet(frames_[i], LinkType::Ethernet, time_);
    return 2;
  }
  bool ended() const override { return interrupted_; }
  const std::string& damage() const override { return none_; }
  const std::vector<InterfaceInfo>& interfaces() const override { return interfaces_; }
  Progress progress() const override { return {}; }
  void interrupt() noexcept override { interrupted_ = true; }
  bool exhausted() const { return left_ == 0; }

 private:
  std::vector<Bytes> frames_;
  std::atomic<int> left_;
  Timestamp time_ = timestamp_from_ns(1'700'000'000'000'000'000);
  std::atomic<bool> interrupted_{false};
  std::string none_;
  std::vector<InterfaceInfo> interfaces_{{"test0", LinkType::Ethernet, 1, 512}};
};

struct Ran {
  Ledger ledger;
  std::uint64_t ring_drops = 0;
  int records = 0;
  bool timed_out = false;  ///< the test had to interrupt the source
};

Ran run_on(int connections, Options options) {
  const auto log = std::filesystem::temp_directory_path() /
                   ("synfin-live-pipeline-" + std::to_string(getpid()) + ".log");
  options.log = log.string();
  options.log_format = LogFormat::Json;
  options.view = ViewKind::None;
  Refusals source(connections);
  auto outputs = Outputs::open(options);
  EXPECT_TRUE(outputs.ok());
  LivePipeline pipeline(options, PacketScope::Control, source, nullptr, **outputs);
  std::atomic<bool> ended{false};
  bool timed_out = false;
  std::thread stop([&] {
    using Clock = std::chrono::steady_clock;
    const auto limit = Clock::now() + std::chrono::seconds{30};
    // A run with a duration must end by itself, after its packets have.
    const auto waiting = [&] { return options.duration ? !ended : !source.exhausted() && !ended; };
    while (waiting() && Clock::now() < limit)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    timed_out = options.duration && !ended;
    source.interrupt();
  });
  pipeline.run();
  ended = true;
  stop.join();
  Ran ran{pipeline.ledger(), pipeline.ring_drops()};
  ran.timed_out = timed_out;
  CaptureInfo info;
  info.ledger = ran.ledger;
  EXPECT_TRUE((*outputs)->finish(info).empty());
  std::ifstream in(log);
  for (std::string line; std::getline(in, line);) ++ran.records;
  std::filesystem::remove(log);
  return ran;
}

TEST(LivePipeline, EveryConnectionIsLoggedAndTheLedgerCloses) {
  const Ran ran = run_on(5000, {});
  EXPECT_EQ(ran.records, 5000);
  EXPECT_EQ(ran.ledger.received, 10'000u);
  EXPECT_TRUE(ran.ledger.closes());
}

TEST(LivePipeline, EndsAfterSoManyPacketsOrSoMuchTime) {
  Options options;
  options.max_packets = 100;
  EXPECT_EQ(run_on(1'000, options).ledger.received, 100u);
  Options brief;
  brief.duration = std::chrono::milliseconds{50};
  const Ran ran = run_on(10, brief);
  EXPECT_EQ(ran.records, 10);
  EXPECT_FALSE(ran.timed_out) << "the duration ends a run that no packet ends";
}

TEST(EventRing, GivesNoBufferWhileTheConsumerHasAllOthers) {
  EventRing ring(3, 4);
  EventBuffer* first = &ring.take_empty();
  EventBuffer* second = ring.try_exchange();
  ASSERT_NE(second, nullptr);
  EXPECT_NE(second, first);
  ASSERT_NE(ring.try_exchange(), nullptr);
  EXPECT_EQ(ring.try_exchange(), nullptr);
  ASSERT_EQ(ring.take_full(), first);
  ring.give_back();
  EXPECT_NE(ring.try_exchange(), nullptr);
}

}  // namespace
}  // namespace synfin::test
