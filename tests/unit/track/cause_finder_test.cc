// One table of attempts per cause, on records; then the facts that only packets show, through the
// connection table.
#include "synfin/track/cause_finder.h"

#include <gtest/gtest.h>

#include <memory>

#include "support/lab.h"

namespace synfin::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint8_t kTtl = 57;  // 7 hops from 64

Address resp(unsigned host, unsigned network = 100) {
  return Address::from_v4(0xC6330000u | network << 8 | host);
}

/// A record of an attempt on `host`, `after` the begin.
struct Attempt {
  Outcome outcome = Outcome::Closed;
  unsigned host = 1;
  std::uint16_t port = 80;
  Duration after{};
  std::uint8_t ttl = kTtl;  ///< of SYN-ACK or RST
  unsigned network = 100;
  Duration lasts = seconds{1};

  ConnectionRecord record() const {
    ConnectionRecord r;
    r.tuple = {{Address::from_v4(0xC0000201), 40000}, {resp(host, network), port}};
    r.first = kBegin + after;
    r.last = r.first + lasts;
    r.outcome = outcome;
    r.direction_basis = DirectionBasis::Syn;
    const bool answered = outcome != Outcome::Unanswered && outcome != Outcome::Unreachable;
    r.resp.packets = answered ? 3 : 0;
    r.answer_ttl = answered && outcome != Outcome::Refused ? ttl : std::uint8_t{0};
    r.end_ttl = outcome == Outcome::Refused ? ttl : std::uint8_t{0};
    return r;
  }
};

class Causes : public ::testing::Test {
 protected:
  /// Explains the record of each attempt in order, and returns the last one.
  ConnectionRecord explain(const std::vector<Attempt>& attempts) {
    ConnectionRecord last;
    for (const Attempt& attempt : attempts) last = explain(attempt.record());
    return last;
  }
  ConnectionRecord explain(const ConnectionRecord& record) {
    Event event{.kind = EventKind::Record, .connection = record};
    finder_->explain({&event, 1});
    return event.connection;
  }

  std::unique_ptr<CauseFinder> finder_ = std::make_unique<CauseFinder>();
};

std::string evidence(const ConnectionRecord& r) { return std::string{EvidenceText(r).view()}; }

TEST_F(Causes, ARefusalIsTheHostsOwnIfItsTtlIs) {
  const ConnectionRecord alone = explain({{Outcome::Refused}});
  EXPECT_EQ(alone.cause.cause, Cause::Refused);
  EXPECT_EQ(alone.cause.confidence, Confidence::Likely);
  EXPECT_EQ(evidence(alone), "RST with TTL 57");
  const ConnectionRecord known = explain({{Outcome::Closed}, {Outcome::Refused, 1, 81}});
  EXPECT_EQ(known.cause.cause, Cause::Refused);
  EXPECT_EQ(known.cause.confidence, Confidence::Certain);
}

TEST_F(Causes, ARefusalOverAnotherDistanceComesFromThePath) {
  const std::vector<Attempt> ten(10, Attempt{});
  explain(ten);
  const ConnectionRecord r = explain({{.outcome = Outcome::Refused, .port = 81, .ttl = 63}});
  EXPECT_EQ(r.cause.cause, Cause::RefusedOnPath);
  EXPECT_EQ(r.cause.confidence, Confidence::Certain);
  EXPECT_EQ(evidence(r), "RST with TTL 63; the host's SYN-ACKs have TTL 57");
  // Another initial TTL and the same distance: the host has a different one for RSTs.
  const ConnectionRecord same = explain({{.outcome = Outcome::Refused, .port = 81, .ttl = 248}});
  EXPECT_EQ(same.cause.cause, Cause::Refused);
}

TEST_F(Causes, OneSynAckShowsOnlyThatAnRstMayComeFromThePath) {
  const ConnectionRecord r =
      explain({{Outcome::Closed}, {.outcome = Outcome::Refused, .port = 81, .ttl = 58}});
  EXPECT_EQ(r.cause.cause, Cause::RefusedOnPath);
  EXPECT_EQ(r.cause.confidence, Confidence::Possible);
}

TEST_F(Causes, AHostOnSeveralPathsHasSeveralDistances) {
  std::vector<Attempt> attempts;
  for (int i = 0; i < 12; ++i) attempts.push_back({.ttl = static_cast<std::uint8_t>(kTtl - i % 3)});
  attempts.push_back({.outcome = Outcome::Refused, .port = 81, .ttl = kTtl - 1});
  EXPECT_EQ(explain(attempts).cause.cause, Cause::Refused);
}

struct SilenceCase {
  const char* what;
  std::vector<Attempt> before;
  Cause cause;
  Confidence confidence;
  const char* evidence;
};

TEST_F(Causes, ASilentAttemptIsJudgedByWhatAnswersElsewhere) {
  const SilenceCase cases[] = {
      {"nothing else", {}, Cause::HostAway, Confidence::Possible, "1 SYN; nothing answers"},
      {"another port before",
       {{.port = 22}},
       Cause::Filtered,
       Confidence::Likely,
       "1 SYN; the host answers on 22"},
      {"another port during the attempt",
       {{.port = 22, .after = minutes{5} + seconds{30}}},
       Cause::Filtered,
       Confidence::Certain,
       "1 SYN; the host answers on 22"},
      {"another port, whose handshake is in progress",
       {{.outcome = Outcome::Pending, .port = 22, .after = minutes{5} + seconds{30}}},
       Cause::Filtered,
       Confidence::Certain,
       "1 SYN; the host answers on 22"},
      {"two ports",
       {{.port = 443}, {.port = 22}},
       Cause::Filtered,
       Confidence::Likely,
       "1 SYN; the host answers on 22, 443"},
      {"the same port for others",
       {{.port = 5432, .after = minutes{5} + seconds{30}}},
       Cause::Filtered,
       Confidence::Likely,
       "1 SYN; the port answers others"},
      {"the same port, but before",
       {{.port = 5432}},
       Cause::HostAway,
       Confidence::Possible,
       "1 SYN; the host answered before"},
      {"a refusal",
       {{.outcome = Outcome::Refused, .port = 81}},
       Cause::Filtered,
       Confidence::Likely,
       "1 SYN; the host refuses other ports"},
      {"a neighbour",
       {{.host = 9}},
       Cause::Filtered,
       Confidence::Possible,
       "1 SYN; only its neighbours answer"},
      {"another network",
       {{.network = 7}},
       Cause::HostAway,
       Confidence::Possible,
       "1 SYN; nothing answers"}};
  for (const SilenceCase& c : cases) {
    finder_ = std::make_unique<CauseFinder>();
    explain(c.before);
    const ConnectionRecord r =
        explain({{.outcome = Outcome::Unanswered, .port = 5432, .after = minutes{5}}});
    EXPECT_EQ(r.cause.cause, c.cause) << c.what;
    EXPECT_EQ(r.cause.confidence, c.confidence) << c.what;
    EXPECT_EQ(evidence(r), c.evidence) << c.what;
  }
}

TEST_F(Causes, AnOldAnswerDoesNotShowThatTheHostIsUp) {
  explain({{.port = 22}});
  const ConnectionRecord r =
      explain({{.outcome = Outcome::Unanswered, .port = 5432, .after = minutes{30}}});
  EXPECT_EQ(r.cause.cause, Cause::HostAway);
}

TEST_F(Causes, RetriesAreTheEvidenceOfSilence) {
  ConnectionRecord attempt =
      Attempt{.outcome = Outcome::Unanswered, .lasts = milliseconds{7140}}.record();
  attempt.syn_retries = 3;
  const ConnectionRecord r = explain(attempt);
  EXPECT_EQ(r.cause.confidence, Confidence::Likely);
  EXPECT_EQ(evidence(r), "4 SYNs in 7.1 s; nothing answers");
}

TEST_F(Causes, HealthyAndPendingConnectionsHaveNoCause) {
  for (const Outcome outcome : {Outcome::Open, Outcome::Closed, Outcome::Reset, Outcome::Aborted,
                                Outcome::Midstream, Outcome::Pending}) {
    EXPECT_EQ(explain({{outcome}}).cause.cause, Cause::None) << to_string(outcome);
    EXPECT_EQ(evidence(explain({{outcome}})), "");
  }
}

/// A responder that closes 2 ms after the handshake without a byte.
ConnectionRecord dropped() {
  ConnectionRecord r = Attempt{.lasts = milliseconds{2}}.record();
  r.history.assign("ShAfFa");
  r.closed_by = Side::Resp;
  r.bytes_basis = BytesBasis::Fin;
  return r;
}

TEST_F(Causes, AResponderThatClosesBeforeItSendsAByteDropsTheConnection) {
  const ConnectionRecord r = explain(dropped());
  EXPECT_EQ(r.cause.cause, Cause::AcceptedDropped);
  EXPECT_EQ(evidence(r), "FIN after 2 ms without a byte; 0 B were sent to it");
  ConnectionRecord fast = dropped();
  fast.last = fast.first + std::chrono::microseconds{302};
  EXPECT_EQ(evidence(explain(fast)), "FIN after 302 us without a byte; 0 B were sent to it");

  ConnectionRecord waited = dropped();
  waited.last = waited.first + seconds{30};
  EXPECT_EQ(explain(waited).cause.cause, Cause::None) << "it waited for a request";
  waited.orig.bytes = 100;
  EXPECT_EQ(explain(waited).cause.cause, Cause::AcceptedDropped) << "it had a request";

  ConnectionRecord answered = dropped();
  answered.resp.bytes = 1;
  EXPECT_EQ(explain(answered).cause.cause, Cause::None);
  ConnectionRecord second = dropped();
  second.history.assign("ShAFaf");
  EXPECT_EQ(explain(second).cause.cause, Cause::None) << "the originator closed first";
  ConnectionRecord unknown = dropped();
  unknown.bytes_basis = BytesBasis::None;
  EXPECT_EQ(explain(unknown).cause.cause, Cause::None);
  unknown.cause.rst_without_data = true;
  EXPECT_EQ(explain(unknown).cause.cause, Cause::AcceptedDropped);
}

TEST_F(Causes, CountsThatALogLacksAreNotZero) {
  ConnectionRecord r = dropped();
  r.unknown.add(RecordCount::OrigBytes);
  EXPECT_EQ(evidence(explain(r)), "FIN after 2 ms without a byte");
  r.unknown.add(RecordCount::RespBytes);
  EXPECT_EQ(explain(r).cause.cause, Cause::None);
}

TEST_F(Causes, AResetOverAnotherDistanceComesFromThePath) {
  explain(std::vector<Attempt>(10, Attempt{}));
  ConnectionRecord r = Attempt{.outcome = Outcome::Reset}.record();
  r.resp.bytes = 1000;
  r.history.assign("ShADadr");
  r.closed_by = Side::Resp;
  r.rst_basis = RstBasis::Verified;
  r.end_ttl = kTtl;
  EXPECT_EQ(explain(r).cause.cause, Cause::None);
  r.end_ttl = 61;
  EXPECT_EQ(explain(r).cause.cause, Cause::ResetOnPath);
}

/// The last event of the connection that the rows make, explained.
ConnectionRecord explained(Lab& lab) {
  lab.drain();
  std::vector<Event> events = lab.events();
  CauseFinder finder;
  finder.explain(events);
  return events.back().connection;
}

const std::vector<Row> kHandshake = {
    {0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "A", 1001, 5001}};

TEST(CausesOfPackets, TheSenderOfAnIcmpErrorIsKept) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}});
  Segment error = icmp_error(0.1, 1000, 3, 1);
  error.set_icmp_sender(Address::from_v4(0xC00002FE));
  lab.feed(error);
  lab.tick(140);
  const ConnectionRecord r = explained(lab);
  EXPECT_EQ(r.cause.cause, Cause::Unreachable);
  EXPECT_EQ(evidence(r), "ICMP 3/1 from 192.0.2.254");
}

TEST(CausesOfPackets, ARepeatedSynAckThatIsNeverAcknowledged) {
  Lab lab;
  lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {1.1, '<', "SA", 5000, 1001}});
  const ConnectionRecord r = explained(lab);
  EXPECT_EQ(r.cause.cause, Cause::HandshakeIncomplete);
  EXPECT_EQ(r.cause.confidence, Confidence::Certain);
}

/// A full segment of the originator, repeated four times.
std::vector<Row> stuck() {
  std::vector<Row> rows = kHandshake;
  rows.push_back({0.3, '>', "PA", 1001, 5001, 100});
  rows.push_back({0.4, '<', "A", 5001, 1101});
  for (const double time : {0.5, 0.7, 1.1, 1.9, 3.5})
    rows.push_back({time, '>', "A", 1101, 5001, 1448, 1000});
  return rows;
}

TEST(CausesOfPackets, FullSegmentsThatAreNeverAcknowledgedShowABlackHole) {
  for (Row& end : std::vector<Row>{{6.0, '<', "FA", 5001, 1101}, {6.0, '<', "PA", 5001, 1101, 5}}) {
    Lab lab;
    lab.run(stuck());
    lab.run({end});
    const ConnectionRecord r = explained(lab);
    EXPECT_EQ(r.cause.cause, Cause::MtuBlackHole) << end.flags;
    EXPECT_EQ(r.cause.stuck_bytes, 1448);
    EXPECT_TRUE(r.cause.stuck_by_orig);
  }
}

TEST(CausesOfPackets, ALateAcknowledgementShowsThatThereIsNoBlackHole) {
  Lab lab;
  lab.run(stuck());
  lab.run(
      {{3.6, '<', "A", 5001, 2549}, {4.0, '>', "FA", 2549, 5001}, {4.1, '<', "FA", 5001, 2550}});
  EXPECT_EQ(explained(lab).cause.cause, Cause::None);
}

TEST(CausesOfPackets, APeerThatSendsNothingMayBeAway) {
  Lab lab;
  lab.run(stuck());
  EXPECT_EQ(explained(lab).cause.cause, Cause::None);
}

TEST(CausesOfPackets, TheSilenceBeforeAnRstIsKeptIfItIsLong) {
  Lab lab;
  lab.run(kHandshake);
  lab.run({{300.2, '<', "RA", 5001, 1001}});
  EXPECT_EQ(lab.only_record().idle, seconds{300});
  Lab soon;
  soon.run(kHandshake);
  soon.run({{3.0, '<', "RA", 5001, 1001}});
  EXPECT_EQ(soon.only_record().idle, kNoDuration);
}

TEST(CausesOfPackets, AnRstMayAnswerWhatEndsTheSilence) {
  const Row data = {300.2, '>', "PA", 1001, 5001, 10};
  const auto idle_after = [&](const std::vector<Row>& rows) {
    Lab lab;
    lab.run(kHandshake);
    lab.run({data});
    lab.run(rows);
    lab.drain();
    return lab.records().at(0).idle;
  };
  EXPECT_EQ(idle_after({{300.3, '<', "R", 5001}}), seconds{300});
  EXPECT_EQ(idle_after({{303.3, '<', "R", 5001}}), kNoDuration) << "too late for an answer";
  EXPECT_EQ(idle_after({{300.3, '<', "A", 5001, 1011}, {300.4, '<', "R", 5001}}), kNoDuration)
      << "the connection was alive";
  EXPECT_EQ(idle_after({{300.3, '>', "R", 1011}}), kNoDuration) << "nobody answered";
}

TEST(CausesOfPackets, ControlPacketsShowASilenceIfTheNumbersExcludeData) {
  TableOptions options;
  options.scope = PacketScope::Control;
  const std::vector<Row> opening = {{0.0, '>', "S", 1000}, {0.2, '<', "SA", 5000, 1001}};
  Lab silent(options);
  silent.run(opening);
  silent.run({{300.2, '<', "RA", 5001, 1001}});
  EXPECT_EQ(silent.only_record().idle, seconds{300});
  Lab busy(options);
  busy.run(opening);
  busy.run({{300.2, '<', "RA", 9001, 1001}});
  EXPECT_EQ(busy.only_record().idle, kNoDuration);
}

TEST(CausesOfPackets, TheTtlOfTheSynAckIsKeptBesideThatOfTheRst) {
  Lab lab;
  lab.run(kHandshake);
  Segment rst = segment({0.5, '<', "RA", 5001, 1001});
  rst.ttl = 64;
  lab.feed(rst);
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(r.answer_ttl, 57);
  EXPECT_EQ(r.end_ttl, 64);
}

}  // namespace
}  // namespace synfin::test
