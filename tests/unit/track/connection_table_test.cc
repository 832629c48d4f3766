// Time-outs, the end of input, eviction and copies. connection_table_clock_test.cc has the clock,
// connection_table_reuse_test.cc reuse and forgeries.
#include "synfin/track/connection_table.h"

#include <gtest/gtest.h>

#include <array>

#include "support/lab.h"

namespace synfin::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TableOptions with_capacity(std::size_t connections, PacketScope scope = PacketScope::All) {
  TableOptions options;
  options.max_connections = connections;
  options.scope = scope;
  return options;
}

FiveTuple tuple_from(std::uint16_t port) {
  FiveTuple t = lab_tuple();
  t.orig.port = port;
  return t;
}

const std::vector<Row> kThreeSegments = {
    {0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "A", 1001, 5001}};

TEST(Timeouts, UnansweredSynEnds130SecondsAfterTheFirst) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}, {63.0, '>', "S", 1000}});
  lab.tick(129.9);
  EXPECT_TRUE(lab.records().empty());
  lab.tick(130.0);
  ASSERT_EQ(lab.records().size(), 1u);
  EXPECT_EQ(lab.event_names(), "SYN RETRY UNANSWERED");
  EXPECT_EQ(lab.events()[2].time, at(130.0));
  EXPECT_EQ(lab.records()[0].outcome, Outcome::Unanswered);
}

TEST(Timeouts, HalfClosedEndsAfter135MinutesOfSilence) {
  Lab lab;
  lab.run(kThreeSegments);
  lab.run({{1.0, '>', "FA", 1001, 5001}, {30.0, '<', "PA", 5001, 1002, 10}});
  for (const double time : {3000, 6000, 8129}) lab.tick(time);
  EXPECT_TRUE(lab.records().empty());
  lab.tick(8131);
  ASSERT_EQ(lab.records().size(), 1u);
  EXPECT_EQ(lab.records()[0].state, ConnState::S2);
}

TEST(Timeouts, IdleConnectionSurvivesTwoHourKeepAlivesAndEndsAfter135Minutes) {
  Lab lab;
  lab.run(kThreeSegments);
  lab.run({{7200.0, '<', "A", 5000, 1001}, {7200.1, '>', "A", 1001, 5001}});
  for (const double time : {10'000, 13'000, 15'300}) lab.tick(time);
  EXPECT_TRUE(lab.records().empty());
  lab.tick(15'301);
  ASSERT_EQ(lab.records().size(), 1u);
  EXPECT_EQ(lab.event_names(), "SYN OPEN TIMEOUT");
  EXPECT_EQ(lab.records()[0].last, at(7200.1));
}

TEST(Timeouts, NoneForEstablishedConnectionsWithControlPackets) {
  Lab lab(with_capacity(64, PacketScope::Control));
  lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}});
  for (int i = 1; i < 100; ++i) lab.tick(i * 500.0);
  EXPECT_TRUE(lab.records().empty());
  EXPECT_EQ(lab.table().open(), 1u);
}

TEST(Timeouts, APacketAfterTheTimeoutBeginsAnotherConnection) {
  TableOptions options;
  options.idle_timeout = seconds(100);
  Lab lab(options);
  lab.run(kThreeSegments);
  lab.run({{200.0, '>', "S", 424242}, {200.1, '<', "SA", 9000, 424243}});
  lab.drain();
  ASSERT_EQ(lab.records().size(), 2u);
  EXPECT_FALSE(lab.records()[0].reused);
}

TEST(Table, ALostFinIsNoMissingByte) {
  const auto missed_after = [](const std::vector<Row>& more) {
    Lab lab;
    lab.run({{0.0, '>', "S", 1000},
             {0.1, '<', "SA", 5000, 1001},
             {0.2, '>', "A", 1001, 5001},
             {0.3, '>', "PA", 1001, 5001, 10},
             {0.4, '<', "A", 5001, 1012}});  // one more than was seen
    lab.run(more);
    const ConnectionRecord r = lab.only_record();
    const bool letter = r.history.view().find('G') != std::string_view::npos;
    EXPECT_EQ(letter, r.missed_bytes != 0) << r.history.view();
    return r.missed_bytes;
  };
  EXPECT_EQ(missed_after({}), 0u);
  EXPECT_EQ(missed_after({{0.5, '<', "FA", 5001, 1012}, {0.6, '>', "A", 1012, 5002}}), 0u);
  EXPECT_EQ(missed_after({{0.5, '>', "FA", 1011, 5001}}), 0u) << "the FIN is late";
  EXPECT_EQ(missed_after({{0.5, '>', "PA", 1012, 5001, 10}}), 1u) << "it was a byte";
  EXPECT_EQ(missed_after({{0.5, '<', "A", 5001, 1022}}), 11u) << "they were bytes";
}

TEST(Drain, OpenConnectionsComeInOrderOfLastFirstKey) {
  Lab lab;
  for (const std::uint16_t port : std::array<std::uint16_t, 3>{40003, 40001, 40002}) {
    lab.run({{static_cast<double>(50000 - port), '>', "S", 1}}, tuple_from(port));
  }
  lab.drain();
  const auto records = lab.records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].tuple.orig.port, 40003);
  EXPECT_EQ(records[1].tuple.orig.port, 40002);
  EXPECT_EQ(records[2].tuple.orig.port, 40001);
  EXPECT_EQ(lab.table().open(), 0u);
}

TEST(Eviction, AFloodPushesOutHalfOpenOnesAndNoEstablishedOne) {
  Lab lab(with_capacity(64));
  lab.run(kThreeSegments);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const auto port = static_cast<std::uint16_t>(1024 + i);
    lab.run({{1.0 + i * 0.001, '>', "S", i}}, tuple_from(port));
  }
  EXPECT_EQ(lab.table().counters().evicted, 1000u - 16u);  // a quarter may be half-open
  for (const ConnectionRecord& r : lab.records()) {
    EXPECT_TRUE(r.evicted);
    EXPECT_EQ(r.state, ConnState::S0);
  }
  lab.run({{3.0, '>', "FA", 1001, 5001}, {3.1, '<', "FA", 5001, 1002}});
  lab.drain();
  EXPECT_EQ(lab.records().size(), 1001u);
  int closed = 0;
  for (const ConnectionRecord& r : lab.records()) closed += r.outcome == Outcome::Closed;
  EXPECT_EQ(closed, 1);
}

TEST(Eviction, RememberedTuplesAreFreedFirstAndNotCounted) {
  Lab lab(with_capacity(64));
  const auto refused = [&](double time, std::uint16_t port) {
    lab.run({{time, '>', "S", 1}, {time, '<', "RA", 0, 2}}, tuple_from(port));
  };
  for (std::uint16_t i = 0; i < 16; ++i) refused(i * 0.001, static_cast<std::uint16_t>(2000 + i));
  lab.tick(10);
  for (std::uint16_t i = 0; i < 64; ++i) {
    lab.run(kThreeSegments, tuple_from(static_cast<std::uint16_t>(4000 + i)));
  }
  EXPECT_EQ(lab.table().counters().evicted, 0u);
  EXPECT_EQ(lab.table().open(), 64u);
}

TEST(Eviction, TuplesAreRememberedUntilTheirSlotsAreNeeded) {
  Lab lab(with_capacity(256));
  const auto refused = [&](double time, std::uint16_t port) {
    lab.run({{time, '>', "S", 1}, {time, '<', "RA", 0, 2}}, tuple_from(port));
  };
  for (std::uint16_t i = 0; i < 300; ++i) refused(i * 10.0, static_cast<std::uint16_t>(2000 + i));
  lab.tick(3010);
  EXPECT_EQ(lab.records().size(), 300u);
  // A straggler of a remembered tuple begins no connection; one of a forgotten tuple does.
  lab.run({{3011.0, '<', "RA", 0, 2}}, tuple_from(2100));
  EXPECT_EQ(lab.table().counters().connections, 300u);
  EXPECT_EQ(lab.table().counters().late, 1u);
  lab.run({{3011.0, '<', "RA", 0, 2}}, tuple_from(2000));
  EXPECT_EQ(lab.table().counters().connections, 301u);
}

TEST(Eviction, ManyTuplesAreRememberedForTwentySeconds) {
  constexpr unsigned kMany = 65'536 + 2000;
  Lab lab(with_capacity(1 << 17));
  const auto tuple = [](unsigned i) {
    FiveTuple t = tuple_from(static_cast<std::uint16_t>(1024 + i % 60'000));
    t.resp.port = static_cast<std::uint16_t>(80 + i / 60'000);
    return t;
  };
  const auto refused = [&](double time, unsigned i) {
    lab.run({{time, '>', "S", 1}, {time, '<', "RA", 0, 2}}, tuple(i));
  };
  const auto straggles = [&](double time, unsigned i) {
    const std::uint64_t before = lab.table().counters().connections;
    lab.run({{time, '<', "RA", 0, 2}}, tuple(i));
    return lab.table().counters().connections == before;
  };
  for (unsigned i = 0; i < kMany; ++i) refused(i * 1e-4, i);  // within 7 s
  lab.tick(13);
  EXPECT_EQ(lab.records().size(), kMany);
  EXPECT_TRUE(straggles(13, 0)) << "it has just been written";
  for (unsigned i = 0; i < 2000; ++i) refused(40 + i * 1e-4, kMany + i);
  lab.tick(50);
  EXPECT_FALSE(straggles(50, 0)) << "it is old, and there are many";
  EXPECT_TRUE(straggles(50, 4100)) << "it is one of the last 65536";
}

TEST(Eviction, TheOldestIdleIsEvictedLast) {
  Lab lab(with_capacity(16));
  for (std::uint16_t i = 0; i < 17; ++i) {
    const double t = i * 60.0;
    lab.run(
        {{t, '>', "S", 1000}, {t + 0.1, '<', "SA", 5000, 1001}, {t + 0.2, '>', "A", 1001, 5001}},
        tuple_from(static_cast<std::uint16_t>(2000 + i)));
  }
  ASSERT_EQ(lab.records().size(), 1u);
  EXPECT_TRUE(lab.records()[0].evicted);
  EXPECT_EQ(lab.records()[0].tuple.orig.port, 2000);
}

TEST(Copies, TheSamePacketOnAnotherInterfaceIsCountedOnce) {
  Lab lab;
  for (const Row& row : kThreeSegments) {
    Segment s = segment(row);
    lab.feed(s);
    s.interface = 1;
    s.time += milliseconds(1);
    s.ttl -= 1;
    lab.feed(s);
  }
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.orig.packets, 2u);
  EXPECT_EQ(r.resp.packets, 1u);
  EXPECT_EQ(r.syn_retries, 0u);
  EXPECT_EQ(lab.table().counters().copies, 3u);
}

TEST(Copies, RetransmissionOnTheSameInterfaceIsNoCopy) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}, {0.02, '>', "S", 1000}});
  EXPECT_EQ(lab.table().counters().copies, 0u);
  EXPECT_EQ(lab.only_record().syn_retries, 1u);
}

TEST(Copies, AreFoundIfTheyBeginLate) {
  Lab lab;
  FiveTuple tuple = lab_tuple();
  double time = 0;
  const auto connect = [&](int copies) {
    ++tuple.orig.port;
    std::uint16_t id = 1;
    for (const Row& row :
         {Row{time, '>', "S", 1000}, Row{time + 0.001, '<', "SA", 5000, 1001},
          Row{time + 0.002, '>', "A", 1001, 5001}, Row{time + 0.003, '>', "PA", 1001, 5001, 100}}) {
      Segment s = segment(row, tuple);
      s.ip_id = id++;
      for (int i = 0; i < copies; ++i) lab.feed(s);
    }
    time += 0.02;
  };
  for (int i = 0; i < 20'000; ++i) connect(1);
  ASSERT_EQ(lab.table().counters().copies, 0u);
  connect(2);
  connect(2);
  EXPECT_EQ(lab.table().counters().copies, 3u) << "the first ones show that copies have begun";
  connect(2);
  EXPECT_EQ(lab.table().counters().copies, 7u);
}

TEST(Copies, AcrossSourcesOnlyIfRequested) {
  for (const bool requested : {false, true}) {
    TableOptions options;
    options.copies_across_sources = requested;
    Lab lab(options);
    Segment s = segment(kThreeSegments[0]);
    lab.feed(s);
    s.source = 1;
    lab.feed(s);
    EXPECT_EQ(lab.table().counters().copies, requested ? 1u : 0u);
  }
}

TEST(ContextKey, TheSameTupleInTwoVlansIsTwoConnectionsIfRequested) {
  for (const bool requested : {false, true}) {
    TableOptions options;
    options.context_key = requested;
    Lab lab(options);
    for (const std::uint16_t vlan : std::array<std::uint16_t, 2>{10, 20}) {
      Segment s = segment(kThreeSegments[0]);
      s.encapsulation.vlan = vlan & 0xFFFu;
      lab.feed(s);
    }
    lab.drain();
    ASSERT_EQ(lab.records().size(), requested ? 2u : 1u);
    EXPECT_EQ(lab.records()[0].encapsulation.vlan, 10);
  }
}

TEST(Transports, TheSameEndpointsWithAnotherTransportAreAnotherConnection) {
  Lab lab;
  FiveTuple udp = lab_tuple();
  udp.transport = Transport::Udp;
  lab.run(kThreeSegments);
  lab.run({{0.3, '>', "", 0, 0, 10}, {0.4, '<', "", 0, 0, 20}}, udp);
  lab.drain();
  ASSERT_EQ(lab.records().size(), 2u);
  EXPECT_EQ(lab.records()[0].tuple, lab_tuple());
  EXPECT_EQ(lab.records()[0].orig.packets, 2u);
  EXPECT_EQ(lab.records()[1].tuple, udp);
  EXPECT_EQ(lab.records()[1].orig.packets + lab.records()[1].resp.packets, 2u);
}

TEST(Rtt, SynToSynAckAndToAck) {
  Lab lab;
  lab.run(kThreeSegments);
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.synack_rtt, milliseconds(100));
  EXPECT_EQ(r.ack_rtt, milliseconds(100));
}

TEST(Modulo, LongControlOnlyConnectionMayHaveWrapped) {
  Lab lab(with_capacity(64, PacketScope::Control));
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "SA", 5000, 1001},
           {60.0, '>', "FA", 1011, 5301},
           {60.1, '<', "FA", 5301, 1012}});
  EXPECT_EQ(lab.only_record().bytes_basis, BytesBasis::Modulo);
}

TEST(Bytes, CountPast4GiBWhenDataIsSeen) {
  Lab lab;
  for (const Row& row : kThreeSegments) {
    Segment s = segment(row);
    if ((s.flags & kSyn) != 0) s.window_scale = 14;
    lab.feed(s);
  }
  std::uint32_t seq = 1001;
  constexpr std::uint32_t kStep = 1u << 22;
  for (int i = 0; i < 1100; ++i, seq += kStep) {
    lab.run({{1.0 + i, '>', "A", seq, 5001, kStep}, {1.5 + i, '<', "A", 5001, seq + kStep}});
  }
  EXPECT_EQ(lab.only_record().orig.bytes, 1100ull * kStep);
}

TEST(Memory, TableBytesPerConnectionStayBelow128) {
  TableOptions options;
  ConnectionTable table(options);
  EXPECT_LE(table.memory(), options.max_connections * 128);
}

}  // namespace
}  // namespace synfin::test
