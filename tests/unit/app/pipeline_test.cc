// From packets in memory to records, through every stage, on one thread and on two; and what the
// gate lets through.
#include "app/pipeline.h"

#include <gtest/gtest.h>

#include "support/packet_builder.h"
#include "support/ticking_source.h"

namespace synfin {
namespace {

CaptureInfo run_on(const Options& options, int packets, BpfFilter* filter = nullptr) {
  using namespace test;
  const Bytes syn = Ethernet{} / Ipv4{.src = "192.0.2.1", .dst = "198.51.100.7"} /
                    Tcp{.sport = 40000, .dport = 80, .seq = 1000, .syn = true};
  test::TickingSource source(syn, packets);
  auto outputs = Outputs::open(options);
  EXPECT_TRUE(outputs);
  Pipeline pipeline(options, PacketScope::All, source, filter, **outputs);
  pipeline.run();
  const CaptureInfo info = pipeline.capture_info();
  EXPECT_TRUE((*outputs)->finish(info).empty());
  return info;
}

Options quiet_options(unsigned threads = 1) {
  Options options;
  options.view = ViewKind::None;
  options.threads = threads;
  return options;
}

TEST(Pipeline, TheLedgerClosesOnOneThreadAndOnTwo) {
  for (const unsigned threads : {1u, 2u}) {
    const CaptureInfo info = run_on(quiet_options(threads), 100);
    EXPECT_EQ(info.ledger.received, 100u);
    EXPECT_EQ(info.ledger.decoded, 100u);
    EXPECT_TRUE(info.ledger.closes());
    EXPECT_EQ(info.first_packet, timestamp_from_ns(1'000'000'000'000));
    EXPECT_EQ(info.last_packet, timestamp_from_ns(1'099'000'000'000));
  }
}

TEST(PacketGate, CountEndsTheRunAfterThatManyPackets) {
  Options options = quiet_options();
  options.max_packets = 7;
  EXPECT_EQ(run_on(options, 100).ledger.received, 7u);
}

TEST(PacketGate, DurationIsCaptureTime) {
  Options options = quiet_options();
  options.duration = std::chrono::seconds(10);
  EXPECT_EQ(run_on(options, 100).ledger.received, 11u);
}

TEST(PacketGate, AfterIsInclusiveAndBeforeIsNot) {
  Options options = quiet_options();
  options.after = timestamp_from_ns(1'010'000'000'000);
  options.before = timestamp_from_ns(1'020'000'000'000);
  const CaptureInfo info = run_on(options, 100);
  EXPECT_EQ(info.ledger.decoded, 10u);
  EXPECT_EQ(info.ledger.filtered, 90u);
  EXPECT_TRUE(info.ledger.closes());
}

TEST(PacketGate, WhatTheFilterRefusesIsCounted) {
  auto filter = BpfFilter::create("port 443");
  ASSERT_TRUE(filter);
  const CaptureInfo info = run_on(quiet_options(), 20, &*filter);
  EXPECT_EQ(info.ledger.filtered, 20u);
  EXPECT_TRUE(info.ledger.closes());
}

}  // namespace
}  // namespace synfin
