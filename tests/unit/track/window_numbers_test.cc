// Numbers that must not become bytes: data across 2^31, a stray first packet, a SYN-ACK chosen
// late, what follows an RST, a repeated SYN, windows that are not scaled.
#include <gtest/gtest.h>

#include "support/lab.h"

namespace synfin::test {
namespace {

TEST(WindowNumbers, DataAcrossTwoToThe31IsOutOfTheWindow) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "SA", 5000, 1001},
           {0.2, '>', "A", 1001, 5001},
           {0.3, '<', "A", 5001u + 0x7FFFFFD0u, 1001, 100}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.resp.bytes, 0u);
  EXPECT_EQ(r.out_of_window, 1u);
}

TEST(WindowNumbers, AStrayFirstPacketAddsNoGap) {
  Lab lab;
  lab.run({{0.0, '>', "A", 3'000'000'000, 7000, 10},
           {0.1, '>', "A", 100'000, 9'000'000, 500},
           {0.2, '<', "A", 9'000'000, 100'500},
           {0.3, '>', "A", 100'500, 9'000'000, 300},
           {0.4, '<', "A", 9'000'000, 100'800, 200}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_LE(r.orig.bytes, 810u);
  EXPECT_GE(r.orig.bytes, 200u);
  EXPECT_LE(r.resp.bytes, 810u);
  EXPECT_GE(r.resp.bytes, 200u);
}

TEST(WindowNumbers, AnotherSynAckDoesNotReplaceTheNumbersOfAFin) {
  TableOptions options;
  options.scope = PacketScope::Control;
  Lab lab(options);
  lab.run({{0.0, '>', "S", 2'497'973'070},
           {0.01, '<', "SA", 2'713'682'762, 2'497'973'071},
           {0.2, '<', "FA", 79'539'092, 50'102'307},
           {0.2, '<', "SA", 1'424'870'435, 3'547'527'769},
           {0.25, '<', "FR", 1'424'870'437}});
  EXPECT_LT(lab.only_record().resp.bytes, 1u << 31);
}

const std::vector<Row> kHandshakeOfWindows = {
    {0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "A", 1001, 5001}};

/// Feeds rows whose SYNs and SYN-ACKs have window scales.
void feed_scaled(Lab& lab, const std::vector<Row>& rows, std::uint8_t orig, std::uint8_t resp) {
  for (const Row& row : rows) {
    Segment s = segment(row);
    if ((s.flags & kSyn) != 0) s.window_scale = row.direction == '>' ? orig : resp;
    lab.feed(s);
  }
}

TEST(WindowNumbers, AWindowMayBeOneGibibyte) {
  // RFC 7323 §2.2: the largest scale is 14. The responder fills the window before the next
  // acknowledgement, and then ends the connection.
  for (std::uint8_t scale = 7; scale <= 14; ++scale) {
    for (const char* end : {"FA", "R"}) {
      SCOPED_TRACE(testing::Message() << int{scale} << ' ' << end);
      Lab lab;
      feed_scaled(lab, kHandshakeOfWindows, scale, 0);
      lab.run({{0.3, '>', "A", 1001, 5001, 0, 65535}});
      const std::uint32_t window = 65535u << scale;
      double time = 0.4;
      for (std::uint32_t sent = 0; sent < window; time += 0.000'01) {
        const std::uint32_t piece = std::min(window - sent, 1u << 22);
        lab.run({{time, '<', "A", 5001 + sent, 1001, piece}});
        sent += piece;
      }
      lab.run({{time, '<', end, 5001 + window, 1001}});
      const ConnectionRecord r = lab.only_record();
      EXPECT_EQ(r.resp.bytes, window);
      EXPECT_EQ(r.out_of_window, 0u);
      EXPECT_EQ(to_string(r.outcome), to_string(*end == 'F' ? Outcome::Closed : Outcome::Reset));
      EXPECT_EQ(lab.table().counters().forged_rst, 0u);
    }
  }
}

TEST(WindowNumbers, DataBeyondALargeWindowIsOutside) {
  Lab lab;
  feed_scaled(lab, kHandshakeOfWindows, 10, 0);
  lab.run({{0.3, '>', "A", 1001, 5001, 0, 60'000}});
  const std::uint32_t right = 5001 + (60'000u << 10);
  constexpr std::uint32_t kUnit = 32u << 10;
  lab.run({{0.4, '<', "A", right + kUnit, 1001, 100},  // rounding adds at most one unit
           {0.5, '<', "R", right + kUnit}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.resp.bytes, 0u);
  EXPECT_EQ(r.out_of_window, 2u);
  EXPECT_EQ(r.outcome, Outcome::Open);
}

TEST(WindowNumbers, AWindowOfUnknownScaleIsAtMostEightMebibytes) {
  Lab lab;
  lab.run({{0.0, '>', "A", 1001, 5001, 10, 60'000},
           {0.1, '<', "A", 5001, 1011, 10, 60'000},
           {0.2, '<', "A", 5001 + (9u << 20), 1011, 100},
           {0.3, '<', "A", 5001 + (7u << 20), 1011, 100}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.out_of_window, 1u);
  EXPECT_EQ(r.resp.bytes, (7u << 20) + 100);
}

TEST(WindowNumbers, AScaleThatComesLateKeepsTheWindow) {
  // The SYN-ACK comes before the SYN, whose scale changes the unit of the responder's edge.
  Lab lab;
  const std::vector<Row> rows = {{0.0, '<', "SA", 5000, 1001},
                                 {0.1, '<', "PA", 5001, 1001, 60'000},
                                 {0.2, '>', "S", 1000},
                                 {0.3, '<', "PA", 65'001, 1001, 5'000},
                                 {0.4, '>', "A", 1001, 70'001}};
  feed_scaled(lab, rows, 14, 9);
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.out_of_window, 0u);
  EXPECT_EQ(r.resp.bytes, 65'000u);
  EXPECT_EQ(r.outcome, Outcome::Open);
}

TEST(WindowNumbers, AFinBeyondTheWindowDoesNotDisproveAnRst) {
  Lab lab;
  lab.run(kHandshakeOfWindows);
  lab.run({{0.3, '>', "R", 1001}, {0.4, '>', "FA", 1001, 5001, 60'000}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.outcome, Outcome::Reset);
  EXPECT_EQ(r.orig.bytes, 0u);
}

TEST(WindowNumbers, ARepeatedSynIsNotAheadOfTwoGibibytes) {
  TableOptions options;
  options.scope = PacketScope::Control;
  Lab lab(options);
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "SA", 5000, 1001},
           {10.0, '>', "FA", 3'000'001'001, 5001},
           {10.1, '>', "S", 1000}});
  EXPECT_EQ(lab.only_record().orig.bytes, 3'000'000'000u);
}

TEST(WindowNumbers, OfTwoFinsTheOneThatAcknowledgesTheOtherFinCounts) {
  TableOptions options;
  options.scope = PacketScope::Control;
  Lab lab(options);
  lab.run({{0.0, '>', "S", 1'073'741'824},
           {0.1, '<', "SA", 1'610'612'736, 1'073'741'825},
           {0.5, '<', "FA", 6001, 1202},  // of an older connection
           {1.0, '>', "FA", 1'073'742'125, 1'610'617'737},
           {1.1, '<', "FA", 1'610'617'737, 1'073'742'126}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.orig.bytes, 300u);
  EXPECT_EQ(r.resp.bytes, 5000u);
}

TEST(WindowNumbers, AStoredRstIsDroppedBeyondAConfirmedGap) {
  Lab lab;
  const auto feed = [&](const Row& row) {
    Segment s = segment(row);
    if ((s.flags & kSyn) != 0) s.window_scale = 14;
    lab.feed(s);
  };
  for (const Row& row : kHandshakeOfWindows) feed(row);
  std::uint32_t next = 1001;
  for (double time = 1.0; time < 3.0; time += 0.005, next += 60'000) {
    feed({time, '>', "A", next, 5001, 60'000});
    feed({time + 0.001, '<', "A", 5001, next + 60'000});
  }
  const std::uint32_t after_gap = next + 0x7F000000u - 10u;
  feed({4.0, '>', "R", next - 20'000'000});  // one window below the newest number or less
  feed({5.0, '<', "A", 5001, after_gap});
  feed({5.1, '>', "A", after_gap, 5001});  // the old number now compares as newer
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.orig.bytes, after_gap - 1001);
  EXPECT_EQ(r.outcome, Outcome::Open);
}

TEST(WindowNumbers, AnRstTakesNoNumberEvenWithSyn) {
  Lab lab;
  lab.run(kHandshakeOfWindows);
  lab.run({{0.3, '>', "SR", 1001}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.outcome, Outcome::Reset);
  EXPECT_EQ(r.orig.bytes, 0u);
}

TEST(WindowNumbers, ASynWithoutTheOptionMeansUnscaledWindows) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "A", 5001, 1001, 10},
           {0.2, '>', "A", 101'001, 5011, 100}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.orig.bytes, 0u);
  EXPECT_EQ(r.out_of_window, 1u);
}

TEST(WindowNumbers, AnRstOfAnotherSynAckIsDropped) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "SA", 5000, 1001},
           {0.2, '<', "R", 5100},
           {0.3, '<', "SA", 90'000, 1001},
           {0.4, '>', "A", 1001, 90'001}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.outcome, Outcome::Open);
  EXPECT_EQ(r.resp.bytes, 0u);
}

}  // namespace
}  // namespace synfin::test
