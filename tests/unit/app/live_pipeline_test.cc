// From packets in memory to events, live: nothing is lost at the end, a limit or a request ends the
// run, and so does an exception on either thread.
#include "app/live_pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

#include "support/fake_sink.h"
#include "support/packet_builder.h"
#include "synfin/base/wall_clock.h"

namespace synfin::test {
namespace {

/// The SYN and RST of a number of connections, then no more packets. Without `ends`, it then pauses
/// until it is interrupted.
class Refusals final : public PacketSource {
 public:
  explicit Refusals(int connections, bool ends = true) : left_(connections), ends_(ends) {}

  std::size_t next_batch(std::span<Packet> out) override {
    if (throws) throw std::runtime_error("the source failed");
    frames_.clear();
    frames_.reserve(2);
    if (interrupted_ && held) {
      held = false;
      left_ = 1;
      first_port_ = 5000;
    }
    if (left_ == 0 || out.size() < 2) {
      if (ends_) interrupt();
      std::this_thread::yield();
      return 0;
    }
    const auto port = static_cast<std::uint16_t>(first_port_ + left_-- % 60'000);
    time += std::chrono::microseconds{10};
    frames_.push_back(Ethernet{} / Ipv4{} / Tcp{.sport = port, .seq = 100, .syn = true});
    frames_.push_back(Ethernet{} / Ipv4{.src = "198.51.100.7", .dst = "192.0.2.1"} /
                      Tcp{.sport = 80, .dport = port, .ack_seq = 101, .rst = true, .ack = true});
    for (std::size_t i = 0; i < 2; ++i) out[i] = as_packet(frames_[i], LinkType::Ethernet, time);
    return 2;
  }
  bool ended() const override { return interrupted_ && !held; }
  const std::string& damage() const override { return none_; }
  const std::vector<InterfaceInfo>& interfaces() const override { return interfaces_; }
  Progress progress() const override { return {}; }
  void interrupt() noexcept override { interrupted_ = true; }

  bool throws = false;
  Timestamp time = timestamp_from_ns(1'700'000'000'000'000'000);
  bool held = false;  ///< one connection waits in the kernel until the source is interrupted

 private:
  std::vector<Bytes> frames_;
  int left_;
  int first_port_ = 1024;
  bool ends_;
  std::atomic<bool> interrupted_{false};
  std::string none_;
  std::vector<InterfaceInfo> interfaces_{{"test0", LinkType::Ethernet, 1, 512}};
};

struct LiveRun {
  explicit LiveRun(PacketSource& source, PipelineOptions options = {},
                   std::optional<Duration> duration = {})
      : outputs(annotator, nullptr, false),
        sink(outputs.add(std::make_unique<FakeSink>())),
        pipeline(with_control(std::move(options)), source, outputs, channel, duration) {}

  static PipelineOptions with_control(PipelineOptions options) {
    options.reader.scope = PacketScope::Control;
    return options;
  }
  std::ptrdiff_t records() const {
    return std::count(sink->kinds.begin(), sink->kinds.end(), EventKind::Record);
  }

  Annotator annotator{EnrichmentOptions{}};
  EventDispatcher outputs;
  FakeSink* sink;
  PacketThreadChannel channel;
  LivePipeline pipeline;
};

TEST(LivePipeline, EveryConnectionHasARecordAndTheLedgerBalances) {
  Refusals source(5000);
  LiveRun run(source);
  run.pipeline.run();
  const Ledger ledger = run.pipeline.capture_info().ledger;
  EXPECT_EQ(run.records(), 5000);
  EXPECT_EQ(ledger.received, 10'000u);
  EXPECT_TRUE(ledger.balances());
  EXPECT_GT(run.sink->ticks, 0);
}

TEST(LivePipeline, AStuckOutputLosesEventsAndNoRecordAndSaysWhen) {
  constexpr int kConnections = 40'000;
  Refusals source(kConnections);
  PipelineOptions options;
  options.complete = [&](std::span<Event>) {
    while (!source.ended()) std::this_thread::yield();
  };
  LiveRun run(source, std::move(options));
  run.pipeline.run();
  const CaptureInfo info = run.pipeline.capture_info();
  EXPECT_EQ(run.records(), kConnections);
  EXPECT_GT(info.ledger.dropped_ring, 0u);
  EXPECT_EQ(run.channel.gauges.dropped, 0u) << "an event is no packet";
  ASSERT_EQ(info.gaps.size(), 2u);
  EXPECT_EQ(info.gaps[0].substr(0, 61),
            "events are incomplete from 2023-11-14T22:13:00.000000Z to 202");
  // The end of an attempt is worth more than its beginning.
  EXPECT_EQ(info.gaps[1].substr(0, 24), "dropped events by kind: ");
  const auto count = [&](EventKind kind) {
    return std::count(run.sink->kinds.begin(), run.sink->kinds.end(), kind);
  };
  EXPECT_GE(count(EventKind::Refused), count(EventKind::Syn));
  EXPECT_EQ(static_cast<std::uint64_t>(2 * kConnections - count(EventKind::Syn) -
                                       count(EventKind::Refused)),
            info.ledger.dropped_ring)
      << "every dropped event is counted";
}

TEST(LivePipeline, EndsAfterSoManyPackets) {
  Refusals source(1000);
  PipelineOptions options;
  options.reader.limits.max_packets = 100;
  LiveRun run(source, std::move(options));
  run.pipeline.run();
  EXPECT_EQ(run.pipeline.capture_info().ledger.received, 100u);
}

TEST(LivePipeline, EndsAfterSoMuchTimeWithoutPackets) {
  Refusals source(10, false);
  LiveRun run(source, {}, std::chrono::milliseconds{50});
  const auto begin = std::chrono::steady_clock::now();
  run.pipeline.run();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{50});
  EXPECT_EQ(run.records(), 10);
}

TEST(LivePipeline, AClockThatWasSetBackDelaysNoRecord) {
  Refusals source(10, false);
  source.time = wall_clock() + std::chrono::hours{1};
  bool before_the_end = false;
  PipelineOptions options;
  options.table.linger = std::chrono::milliseconds{100};
  options.complete = [&](std::span<Event> events) {
    const auto is_record = [](const Event& e) { return e.kind == EventKind::Record; };
    if (std::none_of(events.begin(), events.end(), is_record)) return;
    before_the_end |= !source.ended();
    source.interrupt();
  };
  LiveRun run(source, std::move(options), std::chrono::seconds{20});
  run.pipeline.run();
  EXPECT_TRUE(before_the_end);
  EXPECT_EQ(run.records(), 10);
}

TEST(LivePipeline, AfterSoMuchTimeReadsWhatTheKernelHolds) {
  Refusals source(10, false);
  source.held = true;
  LiveRun run(source, {}, std::chrono::milliseconds{50});
  run.pipeline.run();
  EXPECT_EQ(run.records(), 11);
}

TEST(LivePipeline, AnInterruptedSourceEndsTheRun) {
  Refusals source(10, false);
  LiveRun run(source);
  std::thread interrupter([&] { source.interrupt(); });
  run.pipeline.run();
  interrupter.join();
  EXPECT_TRUE(source.ended());
}

TEST(LivePipeline, AnExceptionOnThePacketThreadEndsTheRun) {
  Refusals source(10, false);
  source.throws = true;
  LiveRun run(source);
  EXPECT_THROW(run.pipeline.run(), std::runtime_error);
}

TEST(LivePipeline, AnExceptionOnTheOutputThreadEndsTheRun) {
  Refusals source(100'000, false);
  PipelineOptions options;
  options.complete = [](std::span<Event>) { throw std::logic_error("the output failed"); };
  LiveRun run(source, std::move(options));
  EXPECT_THROW(run.pipeline.run(), std::logic_error);
  EXPECT_TRUE(source.ended()) << "the packet thread was interrupted";
}

}  // namespace
}  // namespace synfin::test
