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

TableOptions control_packets() {
  TableOptions options;
  options.scope = PacketScope::Control;
  return options;
}

/// "OUTCOME from SECONDS retries N" for each record, as one text.
std::string summary_of(Lab& lab) {
  lab.drain();
  std::string text;
  for (const ConnectionRecord& r : lab.records()) {
    text += (text.empty() ? "" : "; ") + std::string(to_string(r.outcome)) + " from " +
            std::to_string(std::chrono::duration_cast<milliseconds>(r.first - kBegin).count()) +
            " ms, retries " + std::to_string(r.syn_retries);
  }
  return text;
}

TEST(Reuse, ASynAfterAStrayPacketOfTheResponderBeginsAConnection) {
  const std::vector<std::vector<Row>> strays = {{{0.0, '<', "A", 700'000, 3'000'000}},
                                                {{0.0, '<', "PA", 700'000, 3'000'000, 50}},
                                                {{0.0, '<', "SA", 700'000, 3'000'000}}};
  for (const std::vector<Row>& stray : strays) {
    Lab lab;
    lab.run(stray);
    lab.run({{60.0, '>', "S", 1000}, {60.1, '<', "SA", 5000, 1001}, {60.2, '>', "A", 1001, 5001}});
    lab.run({{60.3, '<', "PA", 5001, 1001, 200}});
    lab.drain();
    const auto records = lab.records();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_TRUE(records[0].reused);
    EXPECT_EQ(records[0].resp.packets, 1u);
    EXPECT_EQ(records[1].first, at(60.0));
    EXPECT_EQ(records[1].history.view(), "ShAd");
    EXPECT_EQ(records[1].resp.bytes, 200u);
    EXPECT_EQ(records[1].synack_rtt, milliseconds(100));
    EXPECT_EQ(records[1].out_of_window, 0u);
  }
}

TEST(Reuse, ASynAfterAStrayPacketMayBeRefusedOrUnanswered) {
  Lab refused;
  refused.run(
      {{0.0, '<', "A", 700'000, 3'000'000}, {60.0, '>', "S", 1000}, {60.1, '<', "RA", 0, 1001}});
  EXPECT_EQ(summary_of(refused),
            "midstream from 0 ms, retries 0; refused from 60000 ms, retries 0");
  EXPECT_EQ(refused.table().counters().forged_rst, 0u);
  Lab unanswered;
  unanswered.run({{0.0, '<', "A", 700'000, 3'000'000}, {60.0, '>', "S", 1000}});
  EXPECT_EQ(unanswered.event_names(), "MIDSTREAM REUSED SYN");
  unanswered.run({{61.0, '>', "S", 1000}});
  unanswered.tick(300);
  EXPECT_EQ(summary_of(unanswered),
            "midstream from 0 ms, retries 0; unanswered from 60000 ms, retries 1");
}

TEST(Reuse, ASynOfTheUnseenEndDoesNotEndAConnectionThatSendsData) {
  std::vector<Row> one_way;
  for (unsigned i = 0; i < 5; ++i)
    one_way.push_back({0.1 * i, '<', "PA", 700'000 + 100 * i, 3'000'000 + 10 * i, 100});
  Lab lab;
  lab.run(one_way);
  lab.run({{1.0, '>', "S", 1000}});  // nothing answers: it may be forged
  EXPECT_EQ(lab.event_names(), "MIDSTREAM");
  lab.run({{2.0, '<', "PA", 700'500, 3'000'050, 100}});
  EXPECT_EQ(summary_of(lab), "midstream from 0 ms, retries 0; pending from 1000 ms, retries 0");
  EXPECT_EQ(lab.records()[0].resp.bytes, 600u);
}

TEST(Reuse, ASynBehindItsSynAckBelongsToIt) {
  Lab lab;
  lab.run({{0.0, '<', "SA", 5000, 1001}, {0.1, '>', "S", 1000}, {0.2, '>', "A", 1001, 5001}});
  EXPECT_EQ(lab.only_record().history.view(), "^hSA");
  Lab fast_open;  // the SYN-ACK acknowledges the data of the SYN (RFC 7413)
  fast_open.run({{0.0, '<', "SA", 5000, 1101}, {0.1, '>', "S", 1000, 0, 100}});
  EXPECT_EQ(fast_open.only_record().orig.bytes, 100u);
  Lab late;
  late.run({{0.0, '<', "SA", 5000, 1001},
            {0.1, '<', "PA", 5001, 1101, 50},
            {0.2, '>', "S", 1000},
            {0.3, '>', "PA", 1001, 5001, 100}});
  const ConnectionRecord r = late.only_record();
  EXPECT_EQ(r.orig.bytes, 100u);
  EXPECT_EQ(r.resp.bytes, 50u);
}

TEST(Reuse, ACandidateIsAnsweredAfterAResetOfTheOldConnection) {
  // RFC 9293 §3.5, figure 8: an old SYN comes first.
  const std::vector<Row> rows = {{0.0, '>', "S", 1000},
                                 {0.001, '>', "S", 70'000},
                                 {0.02, '<', "SA", 5000, 1001},
                                 {0.021, '>', "R", 1001},
                                 {0.04, '<', "SA", 9000, 70'001}};
  for (const PacketScope scope : {PacketScope::All, PacketScope::Control}) {
    TableOptions options;
    options.scope = scope;
    Lab lab(options);
    lab.run(rows);
    if (scope == PacketScope::All) lab.run({{0.041, '>', "A", 70'001, 9001}});
    lab.run({{1.0, '>', "FA", 70'001, 9001}, {1.1, '<', "FA", 9001, 70'002}});
    EXPECT_EQ(summary_of(lab), "aborted from 0 ms, retries 0; closed from 1 ms, retries 0");
    const auto records = lab.records();
    EXPECT_FALSE(records[0].reused) << "an RST ended it";
    EXPECT_EQ(records[1].orig.bytes, 0u);
    EXPECT_EQ(records[1].resp.bytes, 0u);
    EXPECT_EQ(records[1].synack_rtt, milliseconds(39));
  }
}

TEST(Reuse, ACandidateIsRepeatedAfterItsResetOfTheOldConnection) {
  // RFC 9293 §3.5.1: the originator has restarted.
  for (const PacketScope scope : {PacketScope::All, PacketScope::Control}) {
    TableOptions options;
    options.scope = scope;
    Lab lab(options);
    lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}});
    if (scope == PacketScope::All) lab.run({{0.2, '>', "A", 1001, 5001}});
    lab.run({{100.0, '>', "S", 70'000}});
    if (scope == PacketScope::All) lab.run({{100.02, '<', "A", 5001, 1001}});
    lab.run(
        {{100.03, '>', "R", 1001}, {101.0, '>', "S", 70'000}, {101.1, '<', "SA", 9000, 70'001}});
    EXPECT_EQ(lab.event_names(), scope == PacketScope::All ? "SYN OPEN RESET SYN RETRY"
                                                           : "SYN OPEN ABORTED SYN RETRY OPEN");
    lab.drain();
    const auto records = lab.records();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].orig.packets, scope == PacketScope::All ? 3u : 2u);
    EXPECT_FALSE(records[0].reused);
    EXPECT_EQ(records[1].first, at(100.0));
    EXPECT_EQ(records[1].syn_retries, 1u);
    EXPECT_EQ(records[1].synack_rtt, kNoDuration) << "the SYN was sent twice (Karn)";
  }
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

TEST(Unreachable, IcmpThatQuotesASynWithAnotherNumberExplainsThat) {
  for (const bool first_too : {false, true}) {
    for (const TableOptions& options : {TableOptions{}, control_packets()}) {
      Lab lab(options);
      lab.run({{0.0, '>', "S", 1000}});
      if (first_too) lab.feed(icmp_error(0.5, 1000, 3, 1));
      lab.run({{10.0, '>', "S", 70'000}});
      lab.feed(icmp_error(10.5, 70'000, 3, 1));
      lab.tick(300);
      EXPECT_EQ(summary_of(lab), std::string(first_too ? "unreachable" : "unanswered") +
                                     " from 0 ms, retries 0; unreachable from 10000 ms, retries 0");
      EXPECT_EQ(lab.event_names(),
                first_too ? "SYN UNREACHABLE SYN UNREACHABLE" : "SYN UNANSWERED SYN UNREACHABLE");
      EXPECT_EQ(lab.table().counters().icmp_unmatched, 0u);
      EXPECT_EQ(lab.table().open(), 0u);
    }
  }
}

TEST(Unreachable, IcmpThatQuotesASynOnAnOpenConnectionEndsNothing) {
  Lab lab;
  lab.run(kHandshakeOfReuse);
  lab.run({{10.0, '>', "S", 70'000}});
  lab.feed(icmp_error(10.5, 70'000, 3, 1));
  EXPECT_EQ(lab.only_record().outcome, Outcome::Open);
  EXPECT_EQ(lab.table().counters().icmp_unmatched, 1u);
}

}  // namespace
}  // namespace synfin::test
