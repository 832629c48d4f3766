// Reuse of a tuple, stragglers, forged resets, and ICMP errors.
#include <gtest/gtest.h>

#include "support/lab.h"
#include "synfin/track/connection_table.h"

namespace synfin::test {
namespace {

using std::chrono::milliseconds;

const std::vector<Row> kHandshakeOfReuse = {
    {0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "A", 1001, 5001}};

TEST(Reuse, SameNumberIsTheSameAttemptAlsoAfterAReset) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "RA", 0, 1001},
           {0.6, '>', "S", 1000},
           {0.7, '<', "RA", 0, 1001}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.state, ConnState::REJ);
  EXPECT_EQ(r.history.view(), "Sr");
  EXPECT_EQ(r.orig.packets, 2u);
  EXPECT_EQ(r.syn_retries, 1u);
}

TEST(Reuse, NewNumberOnAClosedTupleIsANewConnection) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "RA", 0, 1001},
           {0.6, '>', "S", 2000},
           {0.7, '<', "RA", 0, 2001}});
  lab.drain();
  ASSERT_EQ(lab.records().size(), 2u);
  EXPECT_EQ(lab.records()[0].first, at(0.0));
  EXPECT_EQ(lab.records()[1].first, at(0.6));
  EXPECT_EQ(lab.event_names(), "SYN REFUSED SYN REFUSED");
}

TEST(Reuse, NewNumberOnAnOpenConnectionEndsNothingUntilItIsAnswered) {
  Lab lab;
  lab.run(kHandshakeOfReuse);
  lab.run({{1.0, '>', "S", 777777}, {1.1, '<', "A", 5001, 1001}, {1.2, '>', "PA", 1001, 5001, 10}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.outcome, Outcome::Open);
  EXPECT_EQ(r.orig.packets, 4u) << "the forged SYN was a packet, too";
  EXPECT_EQ(r.orig.bytes, 10u);
}

TEST(Reuse, ANewConnectionHasItsOwnVlan) {
  Lab lab;
  const auto in_vlan = [&](std::uint16_t vlan, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      Segment s = segment(row);
      s.encapsulation.vlan = vlan & 0xFFFu;
      lab.feed(s);
    }
  };
  in_vlan(10, {{0.0, '>', "S", 1000}});
  in_vlan(20, {{2.0, '>', "S", 777777}, {2.1, '<', "SA", 9000, 777778}});
  lab.drain();
  ASSERT_EQ(lab.records().size(), 2u);
  EXPECT_EQ(lab.records()[0].encapsulation.vlan, 10);
  EXPECT_EQ(lab.records()[1].encapsulation.vlan, 20);
}

TEST(Reuse, AnsweredCandidateEndsTheOldConnection) {
  Lab lab;
  lab.run(kHandshakeOfReuse);
  lab.run({{1.0, '>', "S", 777777}, {1.1, '<', "SA", 9000, 777778}, {1.2, '>', "A", 777778, 9001}});
  lab.drain();
  const auto records = lab.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_TRUE(records[0].reused);
  EXPECT_EQ(records[0].history.view(), "ShA");
  EXPECT_EQ(records[1].first, at(1.0));
  EXPECT_EQ(records[1].history.view(), "ShA");
  EXPECT_FALSE(records[1].reused);
  EXPECT_EQ(records[1].synack_rtt, milliseconds(100));
}

TEST(Reuse, TwoUnansweredNumbersAreTwoAttempts) {
  Lab lab;
  lab.run(
      {{0.0, '>', "S", 1000}, {1.0, '>', "S", 2000}, {2.0, '>', "S", 2000}, {9.0, '>', "S", 3000}});
  lab.run({{20.0, '>', "S", 3000}});
  lab.drain();
  const auto records = lab.records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].first, at(0.0));
  EXPECT_EQ(records[1].first, at(1.0));
  EXPECT_EQ(records[1].orig.packets, 2u);
  EXPECT_EQ(records[1].syn_retries, 1u);
  EXPECT_EQ(records[2].first, at(9.0));
  for (const auto& r : records) EXPECT_EQ(r.state, ConnState::S0);
}

TEST(Reuse, StragglersMakeNoNewRecord) {
  Lab lab;
  lab.run(kHandshakeOfReuse);
  lab.run({{1.0, '>', "FA", 1001, 5001}, {1.1, '<', "FA", 5001, 1002}});
  lab.tick(7);
  ASSERT_EQ(lab.records().size(), 1u) << "the record is written 5 s after the end";
  lab.run(
      {{20.0, '<', "FA", 5001, 1002}, {30.0, '>', "R", 1002}, {40.0, '>', "PA", 1001, 5001, 5}});
  lab.drain();
  EXPECT_EQ(lab.records().size(), 1u);
}

TEST(Reuse, NumbersFarFromARememberedTupleBeginAnotherConnection) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "RA", 0, 1001}});
  lab.tick(66);
  lab.run({{66.5, '<', "PA", 9000000, 8000000, 10}});
  lab.drain();
  EXPECT_EQ(lab.records().size(), 2u);
}

TEST(Forgery, ResetThatDoesNotFitIsCountedAndEndsNothing) {
  Lab lab;
  lab.run(kHandshakeOfReuse);
  lab.run({{1.0, '<', "R", 900000000}, {1.1, '>', "PA", 1001, 5001, 10}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.outcome, Outcome::Open);
  EXPECT_EQ(r.history.view(), "ShAD");
  EXPECT_EQ(r.resp.packets, 2u);
  EXPECT_EQ(lab.table().counters().forged_rst, 1u);
}

TEST(Forgery, ResetOfASynMustAcknowledgeIt) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000},
           {0.1, '<', "RA", 0, 1000},
           {0.2, '<', "SA", 5000, 1001},
           {0.3, '>', "A", 1001, 5001}});
  EXPECT_EQ(lab.only_record().outcome, Outcome::Open);
}

TEST(Forgery, FittingResetIsVerified) {
  Lab lab;
  lab.run(kHandshakeOfReuse);
  lab.run({{1.0, '<', "R", 5001}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.outcome, Outcome::Reset);
  EXPECT_EQ(r.rst_basis, RstBasis::Verified);
  EXPECT_EQ(r.closed_by, Side::Resp);
  EXPECT_EQ(r.end_ttl, 57);
}

TEST(Forgery, WithControlPacketsAResetIsBelievedAndSaysSo) {
  TableOptions control;
  control.scope = PacketScope::Control;
  Lab lab(control);
  lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {9.0, '<', "R", 5301}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.outcome, Outcome::Reset);
  EXPECT_EQ(r.rst_basis, RstBasis::Unverified);
}

TEST(Unreachable, IcmpThatQuotesTheSynExplainsIt) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}});
  lab.feed(icmp_error(0.5, 1000, 3, 1));
  lab.run({{1.0, '>', "S", 1000}});
  EXPECT_EQ(lab.event_names(), "SYN UNREACHABLE RETRY");
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.outcome, Outcome::Unreachable);
  EXPECT_EQ(r.state, ConnState::S0);
  EXPECT_EQ(r.icmp_type, 3);
  EXPECT_EQ(r.icmp_code, 1);
  EXPECT_EQ(r.end_ttl, 250);
}

TEST(Unreachable, IcmpThatQuotesAnotherNumberExplainsNothing) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}});
  lab.feed(icmp_error(0.5, 4711, 3, 1));
  lab.run({{100.0, '>', "S", 1000}});
  EXPECT_EQ(lab.only_record().outcome, Outcome::Unanswered);
  EXPECT_EQ(lab.table().counters().icmp_unmatched, 1u);
}

TEST(Unreachable, AnAnswerAfterAllIsAnOrdinaryConnection) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}});
  lab.feed(icmp_error(0.5, 1000, 3, 1));
  lab.run({{1.0, '>', "S", 1000}, {1.1, '<', "SA", 5000, 1001}, {1.2, '>', "A", 1001, 5001}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.outcome, Outcome::Open);
  EXPECT_EQ(r.synack_rtt, kNoDuration) << "the SYN was sent twice (Karn)";
}

TEST(Unreachable, AnAnswerAfterAllHasItsOwnTtl) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}});
  lab.feed(icmp_error(0.5, 1000, 3, 1));
  lab.run({{1.0, '>', "S", 1000}, {1.1, '<', "SA", 5000, 1001}, {1.2, '>', "A", 1001, 5001}});
  EXPECT_EQ(lab.only_record().answer_ttl, 57) << "and not that of the router";
}

}  // namespace
}  // namespace synfin::test
