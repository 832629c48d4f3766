// fill_record(): conn_state, outcome, bytes and their basis, as tables of the states of both ends.
#include "track/fill_record.h"

#include <gtest/gtest.h>

#include <string_view>

#include "support/lab.h"
#include "unit/track/record_of.h"

namespace synfin::test {
namespace {

constexpr auto kInactive = EndState::Inactive;
constexpr auto kSynSent = EndState::SynSent;
constexpr auto kPartial = EndState::Partial;
constexpr auto kEstablished = EndState::Established;
constexpr auto kClosed = EndState::Closed;
constexpr auto kReset = EndState::Reset;

/// A slot whose end 0 is the originator; it has seen the SYN, and has sent one packet.
Slot slot_of(EndState orig, EndState resp) {
  Slot slot;
  const FiveTuple tuple = lab_tuple();
  slot.address = {tuple.orig.address, tuple.resp.address};
  slot.port = {tuple.orig.port, tuple.resp.port};
  slot.first = slot.last = at(0);
  slot.set_state(0, orig);
  slot.set_state(1, resp);
  slot.flags.syn = 1;
  slot.side_flags[0].history = kHistSyn;
  slot.side[0] = {.start = 1000, .last = 1001};
  slot.side[0].set_packets(1);
  return slot;
}

TEST(FillRecord, EachPairOfStatesHasItsConnState) {
  const struct {
    EndState orig;
    EndState resp;
    ConnState state;
  } cases[] = {
      {kSynSent, kInactive, ConnState::S0},      {kEstablished, kEstablished, ConnState::S1},
      {kClosed, kClosed, ConnState::SF},         {kSynSent, kReset, ConnState::REJ},
      {kClosed, kEstablished, ConnState::S2},    {kEstablished, kClosed, ConnState::S3},
      {kReset, kEstablished, ConnState::RSTO},   {kEstablished, kReset, ConnState::RSTR},
      {kInactive, kReset, ConnState::RSTRH},     {kPartial, kReset, ConnState::RSTRH},
      {kClosed, kInactive, ConnState::SH},       {kClosed, kPartial, ConnState::SH},
      {kInactive, kClosed, ConnState::SHR},      {kReset, kClosed, ConnState::RSTO},
      {kPartial, kPartial, ConnState::OTH},      {kReset, kInactive, ConnState::OTH},
      {kEstablished, kInactive, ConnState::OTH}, {kReset, kReset, ConnState::REJ},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(record_of(slot_of(c.orig, c.resp)).state, c.state)
        << static_cast<int>(c.orig) << ' ' << static_cast<int>(c.resp);
  }
}

TEST(FillRecord, ASynAndThenAnRstAloneIsRstos0) {
  Slot slot = slot_of(kReset, kInactive);
  slot.flags.closed_by = 1;
  slot.history.append(Letter::S, 0);
  slot.history.append(Letter::R, 0);
  EXPECT_EQ(record_of(slot).state, ConnState::RSTOS0);
  EXPECT_EQ(record_of(slot).outcome, Outcome::Aborted);
  EXPECT_EQ(record_of(slot).closed_by, Side::Orig);
  Slot busy = slot_of(kReset, kInactive);
  busy.history.append(Letter::S, 0);
  busy.history.append(Letter::A, 0);
  busy.history.append(Letter::R, 0);
  EXPECT_EQ(record_of(busy).state, ConnState::OTH);
}

/// The RST acknowledges what its sender has received; the other side may have sent more.
TEST(FillRecord, ControlPacketsWithAFinBeforeAnRstProveNoExactBytes) {
  Slot slot = slot_of(kReset, kEstablished);
  slot.side[0].last = 1100;
  slot.side_flags[0].last_proven = 1;
  const auto basis = [&] {
    return record_of(slot, nullptr, {.scope = PacketScope::Control}).bytes_basis;
  };
  EXPECT_EQ(basis(), BytesBasis::Rst);
  slot.set_state(0, kClosed);
  EXPECT_EQ(basis(), BytesBasis::Fin);
}

TEST(FillRecord, AYoungSynIsPendingOnlyAtTheEndOfInput) {
  const Slot slot = slot_of(kSynSent, kInactive);
  const auto outcome = [&](std::optional<Timestamp> end) {
    return record_of(slot, nullptr, {.end_of_input = end}).outcome;
  };
  EXPECT_EQ(outcome(std::nullopt), Outcome::Unanswered);
  EXPECT_EQ(outcome(at(0) + kPendingAge - Duration{1}), Outcome::Pending);
  EXPECT_EQ(outcome(at(0) + kPendingAge), Outcome::Unanswered);
}

TEST(FillRecord, AHandshakeInProgressIsPendingOnlyAtTheEndOfInput) {
  Slot slot = slot_of(kEstablished, kEstablished);
  slot.flags.synack = 1;
  const auto outcome = [&](std::optional<Timestamp> end) {
    return record_of(slot, nullptr, {.end_of_input = end}).outcome;
  };
  EXPECT_EQ(outcome(std::nullopt), Outcome::HalfOpen);
  EXPECT_EQ(outcome(at(0) + kPendingAge - Duration{1}), Outcome::Pending);
  EXPECT_EQ(outcome(at(0) + kPendingAge), Outcome::HalfOpen);
  slot.flags.synack_repeated = 1;
  EXPECT_EQ(outcome(at(0) + kPendingAge - Duration{1}), Outcome::HalfOpen);
}

TEST(FillRecord, AnOriginatorThatGoesOnWasAnsweredOnAnotherRoute) {
  Slot slot = slot_of(kSynSent, kInactive);
  slot.flags.handshake = 1;
  EXPECT_EQ(record_of(slot).outcome, Outcome::Open);
}

TEST(FillRecord, AnIcmpErrorIsTheCauseAndNoRoundTrip) {
  Slot slot = slot_of(kSynSent, kInactive);
  slot.flags.unreachable = 1;
  slot.ack_rtt.set(Duration{3 << 8 | 13});
  slot.set_end_ttl(61);
  const ConnectionRecord record = record_of(slot);
  EXPECT_EQ(record.outcome, Outcome::Unreachable);
  EXPECT_EQ(record.icmp_type, 3);
  EXPECT_EQ(record.icmp_code, 13);
  EXPECT_EQ(record.end_ttl, 61);
  EXPECT_EQ(record.ack_rtt, kNoDuration);
}

TEST(FillRecord, AnUnacknowledgedSynAckIsHalfOpenIfAcknowledgementsAreSeen) {
  Slot slot = slot_of(kEstablished, kEstablished);
  slot.flags.synack = 1;
  EXPECT_EQ(record_of(slot).outcome, Outcome::HalfOpen);
  EXPECT_EQ(record_of(slot, nullptr, {.scope = PacketScope::Control}).outcome, Outcome::Open)
      << "the acknowledgement is not among control packets";
  slot.flags.synack_repeated = 1;
  EXPECT_EQ(record_of(slot, nullptr, {.scope = PacketScope::Control}).outcome, Outcome::HalfOpen);
  slot.flags.handshake = 1;
  EXPECT_EQ(record_of(slot).outcome, Outcome::Open);
}

TEST(FillRecord, ALoneSynAckOrRstIsBackscatterAndWithDataMidstream) {
  Slot slot = slot_of(kInactive, kEstablished);
  slot.flags.syn = 0;
  slot.side_flags[0].history = 0;
  slot.side_flags[1].history = kHistSyn;
  EXPECT_EQ(record_of(slot).outcome, Outcome::Backscatter);
  slot.side_flags[1].history |= kHistData;
  EXPECT_EQ(record_of(slot).outcome, Outcome::Midstream);
}

TEST(FillRecord, BytesLeaveOutSynAndFinAndWrapAround) {
  const struct {
    std::uint32_t start, last;
    bool fin;
    std::uint64_t bytes;
  } cases[] = {{1000, 1000, false, 0},   {1000, 1001, false, 0},  {1000, 1002, false, 1},
               {1000, 1002, true, 0},    {1000, 1103, true, 101}, {0xFFFFFFF0, 0x10, false, 31},
               {1, 0, false, 0xFFFFFFFE}};
  for (const auto& c : cases) {
    Slot slot = slot_of(kEstablished, kEstablished);
    slot.side[0].start = c.start;
    slot.side[0].last = c.last;
    if (c.fin) slot.side_flags[0].history |= kHistFin;
    EXPECT_EQ(record_of(slot).orig.bytes, c.bytes) << c.start << ' ' << c.last;
  }
}

TEST(FillRecord, ADetailHoldsTheHighParts) {
  Slot slot = slot_of(kEstablished, kEstablished);
  slot.side[0].ip_bytes = 5;
  Detail detail;
  detail.side[0].wraps = 2;
  detail.side[0].packets_high = 1;
  detail.side[0].ip_bytes_high = 3;
  detail.missed = 77;
  detail.late = at(9);
  const ConnectionRecord record = record_of(slot, &detail);
  EXPECT_EQ(record.orig.bytes, 2ull << 32);
  EXPECT_EQ(record.orig.packets, (1u << 20) + 1);
  EXPECT_EQ(record.orig.ip_bytes, (3ull << 32) + 5);
  EXPECT_EQ(record.missed_bytes, 77u);
  EXPECT_EQ(record.duration(), std::chrono::seconds{9});
}

TEST(FillRecord, TheBasisOfBytesIsTheStrongestEvidence) {
  const auto basis = [](bool fin, bool rst, double seconds) {
    Slot slot = slot_of(kClosed, rst ? kReset : kClosed);
    slot.side_flags[0].last_proven = fin;
    slot.side_flags[1].last_proven = rst;
    slot.side_flags[1].last_is_rst = rst;
    slot.last = at(seconds);
    return record_of(slot, nullptr, {.scope = PacketScope::Control}).bytes_basis;
  };
  EXPECT_EQ(basis(false, false, 1), BytesBasis::None);
  EXPECT_EQ(basis(false, true, 1), BytesBasis::Rst);
  EXPECT_EQ(basis(true, true, 1), BytesBasis::Rst) << "one side may have sent more";
  EXPECT_EQ(basis(true, false, 3.4), BytesBasis::Fin);
  EXPECT_EQ(basis(true, false, 3.5), BytesBasis::Modulo) << "10 Gbit/s pass 4 GiB in 3.44 s";
  Slot seen = slot_of(kClosed, kClosed);
  seen.side_flags[0].data = 1;
  EXPECT_EQ(record_of(seen).bytes_basis, BytesBasis::Seen);
  EXPECT_EQ(record_of(seen, nullptr, {.scope = PacketScope::Control}).bytes_basis,
            BytesBasis::None);
}

TEST(FillRecord, AFlippedConnectionIsSeenFromItsOriginator) {
  Slot slot = slot_of(kEstablished, kClosed);
  slot.history.append(Letter::S, 0);
  slot.history.append(Letter::Flip, 0);
  slot.history.append(Letter::F, 1);
  slot.flags.closed_by = 2;
  EXPECT_EQ(record_of(slot).history.view(), "S^f");
  EXPECT_EQ(record_of(slot).closed_by, Side::Resp);
  slot.flags.orig = 1;
  const ConnectionRecord record = record_of(slot);
  EXPECT_EQ(record.history.view(), "s^F");
  EXPECT_EQ(record.closed_by, Side::Orig);
  EXPECT_EQ(record.state, ConnState::S2);
  EXPECT_EQ(record.tuple.orig, lab_tuple().resp);
  EXPECT_EQ(record.resp.packets, 1u);
}

/// Zeek's letter T does not distinguish them.
TEST(FillRecord, DataInASynIsNoRetransmission) {
  const auto retransmitted = [](const std::vector<Row>& rows) {
    Lab lab;
    lab.run(rows);
    const ConnectionRecord record = lab.only_record();
    EXPECT_NE(record.history.view().find_first_of("Tt"), std::string_view::npos);
    return record.retransmitted;
  };
  EXPECT_FALSE(retransmitted({{0.0, '>', "S", 1000, 0, 50}, {0.1, '<', "SA", 5000, 1051, 20}}));
  EXPECT_TRUE(retransmitted({{0.0, '>', "S", 1000, 0, 50},
                             {0.1, '<', "SA", 5000, 1001},
                             {0.2, '>', "PA", 1001, 5001, 50}}));
  EXPECT_TRUE(retransmitted({{0.0, '>', "S", 1000, 0, 50}, {1.0, '>', "S", 1000, 0, 50}}));
  EXPECT_TRUE(retransmitted({{0.0, '>', "S", 1000},
                             {0.1, '<', "SA", 5000, 1001},
                             {0.2, '>', "PA", 1001, 5001, 50},
                             {0.5, '>', "PA", 1001, 5001, 50}}));
}

TEST(FillRecord, TheContextIsCopiedAndADurationIsNeverNegative) {
  Slot slot = slot_of(kEstablished, kEstablished);
  slot.last = at(-5);
  const ConnectionRecord record = record_of(slot, nullptr, {.evicted = true, .reused = true});
  EXPECT_TRUE(record.evicted);
  EXPECT_TRUE(record.reused);
  EXPECT_EQ(record.duration(), Duration{0}) << "a clock that stepped back";
}

}  // namespace
}  // namespace synfin::test
