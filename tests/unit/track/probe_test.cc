// Segments that scanners send: ConnectionRecord::probe, the outcome and the bytes.
#include <gtest/gtest.h>

#include "support/lab.h"

namespace synfin::test {
namespace {

/// The record of one segment of these flags, and of an RST that may answer it.
ConnectionRecord record_of(std::uint16_t flags, bool answered, std::uint32_t payload = 0) {
  Lab lab;
  Segment s = segment({0, '>', "", 1000, 0, payload});
  s.flags = flags;
  lab.feed(s);
  if (answered) lab.run({{0.1, '<', "RA", 0, 1000}});
  return lab.only_record();
}

TEST(Probe, OddFlagsAreAScanThatIsRefusedOrUnanswered) {
  const std::pair<std::uint16_t, Probe> kCases[] = {{0, Probe::Null},
                                                    {kFin, Probe::Fin},
                                                    {kFin | kPsh | kUrg, Probe::Xmas},
                                                    {kSyn | kFin, Probe::SynFin}};
  for (const auto& [flags, probe] : kCases) {
    for (const bool answered : {false, true}) {
      const ConnectionRecord r = record_of(flags, answered);
      EXPECT_EQ(r.probe, probe) << to_string(probe);
      EXPECT_EQ(r.outcome, answered ? Outcome::Refused : Outcome::Unanswered) << to_string(probe);
      EXPECT_EQ(r.orig.bytes + r.resp.bytes, 0u) << to_string(probe);
      EXPECT_EQ(r.tuple, lab_tuple()) << "the sender is the originator";
    }
  }
}

// One of them may also be the end of a connection that began before the capture.
TEST(Probe, AnAckOrFinAckMayBeAScan) {
  for (const bool answered : {false, true}) {
    const ConnectionRecord ack = record_of(kAck, answered);
    EXPECT_EQ(ack.probe, Probe::Ack);
    EXPECT_EQ(ack.outcome, Outcome::Midstream);
    const ConnectionRecord maimon = record_of(kFin | kAck, answered);
    EXPECT_EQ(maimon.probe, Probe::Maimon);
    EXPECT_EQ(maimon.outcome, Outcome::Midstream);
    EXPECT_EQ(maimon.orig.bytes + maimon.resp.bytes, 0u);
  }
}

TEST(Probe, DataOrAnAnswerIsNoScan) {
  EXPECT_EQ(record_of(kAck, false, 100).probe, Probe::None);
  EXPECT_EQ(record_of(kAck | kPsh, false).probe, Probe::None);
  Lab answered;
  answered.run({{0, '>', "A", 1000, 5000}, {0.1, '<', "A", 5000, 1000}});
  EXPECT_EQ(answered.only_record().probe, Probe::None);
  Lab closed;
  closed.run({{0, '>', "FA", 1000, 5000}, {0.1, '<', "FA", 5000, 1001}});
  EXPECT_EQ(closed.only_record().probe, Probe::None);
}

TEST(Probe, ManyRepetitionsAreNoScan) {
  Lab lab;
  for (int i = 0; i < 4; ++i) lab.run({{i * 60.0, '>', "A", 1000, 5000}});
  EXPECT_EQ(lab.only_record().probe, Probe::None) << "keep-alive probes of an old connection";
}

TEST(Probe, AnAckFromAServicePortIsNoScan) {
  Lab lab;
  lab.run({{0, '<', "A", 5000, 1000}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.probe, Probe::None);
  EXPECT_EQ(r.direction_basis, DirectionBasis::Port);
}

TEST(Probe, ALaterHandshakeReplacesIt) {
  Lab lab;
  lab.run({{0, '>', "A", 1001, 5001}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "S", 1000}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.probe, Probe::None);
  EXPECT_EQ(r.ack_rtt, kNoDuration);
}

TEST(Probe, ASynWithFinCarriesNoByteIfItIsAnswered) {
  Lab lab;
  Segment s = segment({0, '>', "S", 1000});
  s.flags = kSyn | kFin;
  lab.feed(s);
  lab.run({{0.1, '<', "SA", 5000, 1002}, {0.2, '>', "R", 1002}});
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.orig.bytes + r.resp.bytes, 0u);
  EXPECT_NE(r.outcome, Outcome::Midstream);
}

}  // namespace
}  // namespace synfin::test
