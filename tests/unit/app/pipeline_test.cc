// From packets in memory to events, through every stage, on one thread and on two; and what ends a
// pipeline early.
#include "app/pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "support/fake_sink.h"
#include "support/packet_builder.h"
#include "support/ticking_source.h"

namespace synfin::test {
namespace {

Bytes syn_packet() {
  return Ethernet{} / Ipv4{.src = "192.0.2.1", .dst = "198.51.100.7"} /
         Tcp{.sport = 40000, .dport = 80, .seq = 1000, .syn = true};
}

struct Ran {
  CaptureInfo info;
  std::vector<EventKind> kinds;
};

Ran run_on(PacketSource& source, const SegmentReaderOptions& reader, unsigned threads) {
  Annotator annotator{EnrichmentOptions{}};
  EventDispatcher outputs(annotator, nullptr, false);
  FakeSink* sink = outputs.add(std::make_unique<FakeSink>());
  PacketThreadChannel channel;
  PipelineOptions options;
  options.reader = reader;
  options.threads = threads;
  Pipeline pipeline(options, source, outputs, channel);
  pipeline.run();
  const CaptureInfo info = pipeline.capture_info();
  EXPECT_TRUE(outputs.finish(info).empty());
  return {info, sink->kinds};
}

Ran run_on(const SegmentReaderOptions& reader, int packets, unsigned threads = 1) {
  TickingSource source(syn_packet(), packets);
  return run_on(source, reader, threads);
}

TEST(Pipeline, TheLedgerBalancesOnOneThreadAndOnTwo) {
  for (const unsigned threads : {1u, 2u}) {
    const CaptureInfo info = run_on({}, 100, threads).info;
    EXPECT_EQ(info.ledger.received, 100u);
    EXPECT_EQ(info.ledger.decoded, 100u);
    EXPECT_TRUE(info.ledger.balances());
    EXPECT_EQ(info.first_packet, timestamp_from_ns(1'000'000'000'000));
    EXPECT_EQ(info.last_packet, timestamp_from_ns(1'099'000'000'000));
  }
}

TEST(Pipeline, DeliversTheSameEventsOnOneThreadAndOnTwo) {
  const Ran one = run_on({}, 1000, 1);
  const Ran two = run_on({}, 1000, 2);
  EXPECT_EQ(one.kinds, two.kinds);
  ASSERT_FALSE(one.kinds.empty());
  EXPECT_EQ(one.kinds.back(), EventKind::Record);
}

TEST(Pipeline, LimitsEndTheRun) {
  SegmentReaderOptions options;
  options.limits.max_packets = 7;
  EXPECT_EQ(run_on(options, 100).info.ledger.received, 7u);
  options.limits = {.duration = std::chrono::seconds(10)};  // of capture time
  EXPECT_EQ(run_on(options, 100).info.ledger.received, 11u);
}

TEST(Pipeline, PacketsOutsideTheTimeRangeOrRefusedByTheFilterAreCounted) {
  SegmentReaderOptions range;
  range.limits.after = timestamp_from_ns(1'010'000'000'000);
  range.limits.before = timestamp_from_ns(1'020'000'000'000);
  const CaptureInfo some = run_on(range, 100).info;
  EXPECT_EQ(some.ledger.decoded, 10u);
  EXPECT_EQ(some.ledger.filtered, 90u);
  EXPECT_TRUE(some.ledger.balances());
  auto filter = BpfFilter::create("port 443");
  ASSERT_TRUE(filter);
  SegmentReaderOptions refused;
  refused.filter = &*filter;
  const CaptureInfo none = run_on(refused, 20).info;
  EXPECT_EQ(none.ledger.filtered, 20u);
  EXPECT_TRUE(none.ledger.balances());
}

/// Counts ticks for another thread.
struct TickSink final : FakeSink {
  explicit TickSink(std::atomic<int>& count) : count_(count) {}
  void on_tick(Timestamp) override { ++count_; }

 private:
  std::atomic<int>& count_;
};

/// Nothing arrives after the first batch, until the outputs have had further ticks.
class PausingPipe final : public TickingSource {
 public:
  explicit PausingPipe(std::atomic<int>& ticks) : TickingSource(syn_packet(), 6), ticks_(ticks) {}
  std::size_t next_batch(std::span<Packet> out) override {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    const int before = ticks_;
    while (++batches_ > 1 && ticks_ < before + 3 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    return TickingSource::next_batch(out);
  }
  Progress progress() const override { return {}; }

 private:
  std::atomic<int>& ticks_;
  int batches_ = 0;
};

TEST(Pipeline, OutputsHaveTicksWhileAPipePauses) {
  std::atomic<int> ticks{0};
  PausingPipe source(ticks);
  Annotator annotator{EnrichmentOptions{}};
  EventDispatcher outputs(annotator, nullptr, false);
  outputs.add(std::make_unique<TickSink>(ticks));
  PacketThreadChannel channel;
  PipelineOptions options;
  options.threads = 2;
  Pipeline pipeline(options, source, outputs, channel);
  pipeline.run();
  EXPECT_GE(ticks, 4);
  EXPECT_EQ(pipeline.capture_info().ledger.received, 6u);
}

/// Throws after a number of batches.
class ThrowingSource final : public TickingSource {
 public:
  explicit ThrowingSource(int batches) : TickingSource(syn_packet(), 1'000'000), left_(batches) {}
  std::size_t next_batch(std::span<Packet> out) override {
    if (left_-- == 0) throw std::runtime_error("the source failed");
    return TickingSource::next_batch(out);
  }

 private:
  int left_;
};

TEST(Pipeline, AnExceptionOnAWorkerEndsTheRunWithItsSentence) {
  for (const unsigned threads : {1u, 2u}) {
    for (const int batches : {0, 100}) {
      ThrowingSource source(batches);
      try {
        run_on(source, {}, threads);
        FAIL() << "no exception";
      } catch (const std::runtime_error& e) {
        EXPECT_STREQ(e.what(), "the source failed");
      }
    }
  }
}

}  // namespace
}  // namespace synfin::test
