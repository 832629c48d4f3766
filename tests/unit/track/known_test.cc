// Connections that the socket table reports: added, ended by packets, or gone without a packet.
#include <gtest/gtest.h>

#include <array>

#include "support/lab.h"

namespace synfin::test {
namespace {

TableOptions control() {
  TableOptions options;
  options.scope = PacketScope::Control;
  return options;
}

void adopt(Lab& lab, double time = 0) {
  const KnownConnection known{lab_tuple(), at(time)};
  EventBuffer out(16);
  EXPECT_EQ(lab.table().adopt({&known, 1}, out), 1u);
}

TEST(KnownConnections, EndByFinsWithTheirDirectionAndWithoutBytes) {
  Lab lab(control());
  adopt(lab);
  lab.run({{1.0, '<', "FA", 3'000'000'000, 7'000}, {1.1, '>', "FA", 7'000, 3'000'000'001}});
  const ConnectionRecord record = lab.only_record();
  EXPECT_EQ(record.tuple, lab_tuple());
  EXPECT_EQ(record.direction_basis, DirectionBasis::Socket);
  EXPECT_EQ(record.state, ConnState::SF);
  EXPECT_EQ(record.outcome, Outcome::Closed);
  EXPECT_EQ(record.closed_by, Side::Resp);
  EXPECT_EQ(record.bytes_basis, BytesBasis::None);
  EXPECT_EQ(record.orig.bytes + record.resp.bytes, 0u);
}

TEST(KnownConnections, AreResetNotAborted) {
  Lab lab(control());
  adopt(lab);
  lab.run({{1.0, '>', "R", 123'456}});
  EXPECT_EQ(lab.event_names(), "RESET");
  EXPECT_EQ(lab.only_record().outcome, Outcome::Reset);
}

TEST(KnownConnections, CountDataFromWhereItIsSeen) {
  Lab lab;
  adopt(lab);
  lab.run({{1.0, '>', "PA", 500, 900, 100},
           {1.1, '<', "PA", 900, 600, 50},
           {1.2, '>', "A", 600, 950},
           {1.3, '>', "FA", 600, 950},
           {1.4, '<', "FA", 950, 601},
           {1.5, '>', "A", 601, 951}});
  const ConnectionRecord record = lab.only_record();
  EXPECT_EQ(record.orig.bytes, 100u);
  EXPECT_EQ(record.resp.bytes, 50u);
  EXPECT_EQ(record.state, ConnState::SF);
}

TEST(KnownConnections, AreNotAddedAgainIfPacketsShowedThem) {
  Lab lab(control());
  lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}});
  adopt(lab, 0.2);
  EXPECT_EQ(lab.table().open(), 1u);
  EXPECT_EQ(lab.only_record().direction_basis, DirectionBasis::Syn);
}

TEST(KnownConnections, EndWhenGoneUnlessALaterPacketArrived) {
  for (const bool quiet : {true, false}) {
    Lab lab(control());
    lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}});
    const KnownConnection gone{lab_tuple(), at(quiet ? 60 : 1)};
    EventBuffer out(16);
    EXPECT_EQ(lab.table().mark_gone({&gone, 1}, out), 1u);
    EXPECT_EQ(lab.table().open(), quiet ? 0u : 1u);
  }
}

TEST(KnownConnections, DoNotTimeOutWhileTheyAreThere) {
  for (const bool half_closed : {true, false}) {
    Lab lab;
    lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "A", 1001, 5001}});
    if (half_closed) lab.run({{0.3, '>', "FA", 1001, 5001}});
    adopt(lab, 1);
    EventBuffer out(16);
    EXPECT_TRUE(lab.table().expire(at(20'000), out));
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(lab.table().open(), 1u);
    const KnownConnection gone{lab_tuple(), at(20'010)};
    EXPECT_EQ(lab.table().mark_gone({&gone, 1}, out), 1u);
    EXPECT_EQ(out.events().front().kind, EventKind::Timeout);
    EXPECT_EQ(lab.table().open(), 0u);
  }
}

TEST(KnownConnections, WithoutAnAnswerEndWhenTheyAreGone) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}});
  adopt(lab, 1);
  for (const double seconds : {20'000, 20'001})
    lab.tick(seconds);  // the second one confirms the jump
  EXPECT_EQ(lab.event_names(), "SYN");
  EventBuffer out(16);
  const KnownConnection gone{lab_tuple(), at(20'010)};
  EXPECT_EQ(lab.table().mark_gone({&gone, 1}, out), 1u);
  EXPECT_EQ(out.events().front().kind, EventKind::Timeout);
  EXPECT_GE(out.events().back().time, at(20'000)) << "not when the SYN fell due";
}

TEST(KnownConnections, AreInTheOrderOfTheirLastPackets) {
  Lab lab;
  std::array<KnownConnection, 2> known{{{lab_tuple(), at(0)}, {lab_tuple(), at(0)}}};
  known[1].tuple.orig.port = 40001;
  EventBuffer out(16);
  ASSERT_EQ(lab.table().adopt(known, out), 2u);
  lab.run({{100.0, '>', "PA", 500, 900, 100}}, known[0].tuple);
  std::array<ConnectionRecord, 2> shown;
  ASSERT_EQ(lab.table().snapshot(shown), 2u);
  EXPECT_EQ(shown[0].tuple, known[0].tuple) << "the one whose packet came last";
}

TEST(KnownConnections, EndByTheirPacketsLikeAnyOther) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "A", 1001, 5001}});
  adopt(lab, 1);
  lab.run({{9'000.0, '>', "FA", 1001, 5001}, {9'000.1, '<', "FA", 5001, 1002}});
  EXPECT_EQ(lab.event_names(), "SYN OPEN FIN CLOSE");
  EXPECT_EQ(lab.only_record().outcome, Outcome::Closed);
}

TEST(KnownConnections, AreEvictedLast) {
  TableOptions options;
  options.max_connections = 16;
  Lab lab(options);
  adopt(lab);
  EventBuffer out(256);
  for (std::uint16_t port = 1; port <= 40; ++port) {
    KnownConnection other{lab_tuple(), at(1)};
    other.tuple.orig.port = port;
    Segment data;
    data.tuple = other.tuple;
    data.time = at(1);
    data.flags = kAck;
    data.payload = 10;
    data.window = 1;
    EXPECT_EQ(lab.table().observe({&data, 1}, out), 1u);
  }
  EXPECT_EQ(lab.table().counters().evicted, 25u);
  for (const Event& event : out.events()) {
    EXPECT_FALSE(event.kind == EventKind::Evicted && event.connection.tuple == lab_tuple());
  }
}

TEST(KnownConnections, WaitIfTheBufferIsFull) {
  Lab lab(control());
  const KnownConnection known[2] = {{lab_tuple(), at(0)}, {lab_tuple().reversed(), at(0)}};
  EventBuffer out(ConnectionTable::kMaxEventsPerSegment);
  EXPECT_EQ(lab.table().adopt(known, out), 1u);
}

}  // namespace
}  // namespace synfin::test
