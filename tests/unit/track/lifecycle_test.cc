// The life of a connection as tables of packets: flags and numbers in; state, history, outcome out.
#include <gtest/gtest.h>

#include "support/lab.h"

namespace synfin::test {
namespace {

struct Case {
  const char* name;
  std::vector<Row> rows;
  ConnState state;
  const char* history;
  Outcome outcome;
  std::uint64_t orig_bytes;
  std::uint64_t resp_bytes;
  const char* events;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class AllPackets : public testing::TestWithParam<Case> {};
class ControlPackets : public testing::TestWithParam<Case> {};

void expect_case(const Case& c, PacketScope scope) {
  TableOptions options;
  options.scope = scope;
  Lab lab(options);
  lab.run(c.rows);
  const ConnectionRecord r = lab.only_record();
  EXPECT_EQ(to_string(r.state), to_string(c.state));
  EXPECT_EQ(r.history.view(), c.history);
  EXPECT_EQ(to_string(r.outcome), to_string(c.outcome));
  EXPECT_EQ(r.orig.bytes, c.orig_bytes);
  EXPECT_EQ(r.resp.bytes, c.resp_bytes);
  EXPECT_EQ(lab.event_names(), c.events);
  EXPECT_EQ(r.orig.packets + r.resp.packets, c.rows.size());
}

TEST_P(AllPackets, Match) { expect_case(GetParam(), PacketScope::All); }
TEST_P(ControlPackets, Match) { expect_case(GetParam(), PacketScope::Control); }

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }

// clang-format off
const std::vector<Case> kAll = {
    {"Normal",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "PA", 1001, 5001, 10},
      {0.4, '<', "A", 5001, 1011},
      {0.5, '<', "PA", 5001, 1011, 300},
      {0.6, '>', "FA", 1011, 5301},
      {0.7, '<', "FA", 5301, 1012},
      {0.8, '>', "A", 1012, 5302}},
     ConnState::SF, "ShADadFf", Outcome::Closed, 10, 300, "SYN OPEN FIN CLOSE"},
    {"ResponderClosesFirst",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.6, '<', "FA", 5001, 1001},
      {0.7, '>', "FA", 1001, 5002},
      {0.8, '<', "A", 5002, 1002}},
     ConnState::SF, "ShAfFa", Outcome::Closed, 0, 0, "SYN OPEN FIN CLOSE"},
    {"Refused",
     {{0.0, '>', "S", 1000}, {0.1, '<', "RA", 0, 1001}},
     ConnState::REJ, "Sr", Outcome::Refused, 0, 0, "SYN REFUSED"},
    {"Unanswered", {{0.0, '>', "S", 1000}, {1.0, '>', "S", 1000}, {3.0, '>', "S", 1000}},
     ConnState::S0, "S", Outcome::Unanswered, 0, 0, "SYN RETRY RETRY"},
    {"Pending", {{0.0, '>', "S", 1000}, {1.0, '>', "S", 1000}},
     ConnState::S0, "S", Outcome::Pending, 0, 0, "SYN RETRY"},
    {"Established",
     {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "A", 1001, 5001}},
     ConnState::S1, "ShA", Outcome::Open, 0, 0, "SYN OPEN"},
    {"HalfOpen", {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}},
     ConnState::S1, "Sh", Outcome::HalfOpen, 0, 0, "SYN"},
    {"HalfOpenRepeats",
     {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {1.1, '<', "SA", 5000, 1001}},
     ConnState::S1, "Sh", Outcome::HalfOpen, 0, 0, "SYN HALF_OPEN"},
    {"OriginatorHalfCloses",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "FA", 1001, 5001}},
     ConnState::S2, "ShAF", Outcome::Closed, 0, 0, "SYN OPEN FIN"},
    {"ResponderHalfCloses",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '<', "FA", 5001, 1001}},
     ConnState::S3, "ShAf", Outcome::Closed, 0, 0, "SYN OPEN FIN"},
    {"ResetByOriginator",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "RA", 1001, 5001}},
     ConnState::RSTO, "ShAR", Outcome::Reset, 0, 0, "SYN OPEN RESET"},
    {"ResetByResponder",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "PA", 1001, 5001, 7},
      {0.4, '<', "R", 5001}},
     ConnState::RSTR, "ShADr", Outcome::Reset, 7, 0, "SYN OPEN RESET"},
    {"AbortedBeforeAnswer",
     {{0.0, '>', "S", 1000}, {0.5, '>', "R", 1001}},
     ConnState::RSTOS0, "SR", Outcome::Aborted, 0, 0, "SYN ABORTED"},
    {"AbortedBySynScan",
     {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "R", 1001}},
     ConnState::RSTO, "ShR", Outcome::Aborted, 0, 0, "SYN ABORTED"},
    {"SynThenFin", {{0.0, '>', "S", 1000}, {0.5, '>', "FA", 1001, 5001}},
     ConnState::SH, "SF", Outcome::Closed, 0, 0, "SYN FIN"},
    {"LoneSynAck", {{0.0, '<', "SA", 5000, 1001}},
     ConnState::OTH, "^h", Outcome::Backscatter, 0, 0, ""},
    {"LoneReset", {{0.0, '<', "R", 5000}},
     ConnState::RSTRH, "^r", Outcome::Backscatter, 0, 0, "BACKSCATTER"},
    {"SynAckThenReset", {{0.0, '<', "SA", 5000, 1001}, {0.1, '<', "R", 5001}},
     ConnState::RSTRH, "^hr", Outcome::Backscatter, 0, 0, "RESET"},
    {"SynAckThenFin", {{0.0, '<', "SA", 5000, 1001}, {0.1, '<', "FA", 5001, 1001}},
     ConnState::SHR, "^hf", Outcome::Closed, 0, 0, "FIN"},
    {"SynAckFirst",
     {{0.0, '<', "SA", 5000, 1001},
      {0.1, '>', "A", 1001, 5001},
      {0.2, '>', "FA", 1001, 5001},
      {0.3, '<', "FA", 5001, 1002}},
     ConnState::SF, "^hAFf", Outcome::Closed, 0, 0, "OPEN FIN CLOSE"},
    {"SynBehindItsSynAck",
     {{0.1, '<', "SA", 5000, 1001}, {0.0, '>', "S", 1000}, {0.2, '>', "A", 1001, 5001}},
     ConnState::S1, "^hSA", Outcome::Open, 0, 0, "SYN OPEN"},
    {"Midstream",
     {{0.0, '>', "PA", 1000, 5000, 20}, {0.1, '<', "PA", 5000, 1020, 30}},
     ConnState::OTH, "Dd", Outcome::Midstream, 20, 30, "MIDSTREAM"},
    {"MidstreamFromResponder",
     {{0.0, '<', "PA", 5000, 1000, 30}, {0.1, '>', "A", 1000, 5030}},
     ConnState::OTH, "^dA", Outcome::Midstream, 0, 30, "MIDSTREAM"},
    {"SimultaneousOpen",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "S", 5000},
      {0.2, '>', "SA", 1000, 5001},
      {0.3, '<', "SA", 5000, 1001},
      {0.4, '>', "A", 1001, 5001}},
     ConnState::S1, "SsA", Outcome::Open, 0, 0, "SYN OPEN"},
    {"SimultaneousOpenAlone",
     {{0.0, '>', "S", 1000}, {0.1, '<', "S", 5000}, {0.2, '>', "SA", 1000, 5001}, {0.3, '<', "SA", 5000, 1001}},
     ConnState::S1, "Ss", Outcome::Open, 0, 0, "SYN OPEN"},
    {"RetransmittedFin",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "FA", 1001, 5001},
      {0.6, '>', "FA", 1001, 5001},
      {0.7, '<', "FA", 5001, 1002},
      {0.8, '<', "FA", 5001, 1002}},
     ConnState::SF, "ShAFf", Outcome::Closed, 0, 0, "SYN OPEN FIN CLOSE"},
    {"LateReset",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "FA", 1001, 5001},
      {0.4, '<', "FA", 5001, 1002},
      {0.5, '>', "R", 1002}},
     ConnState::SF, "ShAFfR", Outcome::Closed, 0, 0, "SYN OPEN FIN CLOSE"},
    {"RetransmittedData",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "PA", 1001, 5001, 100},
      {0.5, '>', "PA", 1001, 5001, 100},
      {0.6, '<', "A", 5001, 1101}},
     ConnState::S1, "ShADTa", Outcome::Open, 100, 0, "SYN OPEN"},
    {"LostData",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '<', "A", 5001, 1101},
      {0.4, '>', "PA", 1101, 5001, 100}},
     ConnState::S1, "ShAaGD", Outcome::Open, 200, 0, "SYN OPEN"},
    {"ZeroWindow",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '<', "A", 5001, 1001, 0, 0}},
     ConnState::S1, "ShAaw", Outcome::Open, 0, 0, "SYN OPEN"},
    {"FastOpen",
     {{0.0, '>', "S", 1000, 0, 50},
      {0.1, '<', "SA", 5000, 1051},
      {0.2, '<', "PA", 5001, 1051, 70},
      {0.3, '>', "A", 1051, 5071}},
     ConnState::S1, "SThdA", Outcome::Open, 50, 70, "SYN OPEN"},
    {"SynWithIgnoredData",
     {{0.0, '>', "S", 1000, 0, 50},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "PA", 1001, 5001, 50}},
     ConnState::S1, "SThD", Outcome::Open, 50, 0, "SYN OPEN"},
    {"SequenceWrap",
     {{0.0, '>', "S", 0xFFFFFFF0},
      {0.1, '<', "SA", 0xFFFFFFFF, 0xFFFFFFF1},
      {0.2, '>', "A", 0xFFFFFFF1, 0},
      {0.3, '>', "PA", 0xFFFFFFF1, 0, 100},
      {0.4, '<', "PA", 0, 85, 200},
      {0.5, '>', "FA", 85, 200},
      {0.6, '<', "FA", 200, 86}},
     ConnState::SF, "ShADdFf", Outcome::Closed, 100, 200, "SYN OPEN FIN CLOSE"},
    {"EcnSyn",
     {{0.0, '>', "SEC", 1000}, {0.1, '<', "SAE", 5000, 1001}, {0.2, '>', "A", 1001, 5001}},
     ConnState::S1, "ShA", Outcome::Open, 0, 0, "SYN OPEN"},
    {"AccEcnSyn",
     {{0.0, '>', "SECN", 1000}, {0.1, '<', "SACN", 5000, 1001}, {0.2, '>', "A", 1001, 5001}},
     ConnState::S1, "ShA", Outcome::Open, 0, 0, "SYN OPEN"},
    {"SynAndRst", {{0.0, '>', "SR", 1000}}, ConnState::OTH, "Q", Outcome::Midstream, 0, 0, "RESET"},
    {"OneSided",
     {{0.0, '>', "S", 1000}, {0.2, '>', "A", 1001, 5001}, {0.3, '>', "PA", 1001, 5001, 10}},
     ConnState::S0, "SAD", Outcome::Open, 10, 0, "SYN OPEN"},
    {"DataBeyondTheWindowThatIsAcknowledged",  // it was captured, so it is no gap
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "A", 1001, 5001, 1400},
      {0.3, '>', "A", 2401, 5001, 1400},
      {0.3, '>', "A", 3801, 5001, 1400},
      {0.3, '>', "PA", 5201, 5001, 1400},
      {0.4, '<', "A", 5001, 6601}},
     ConnState::S1, "ShADa", Outcome::Open, 5600, 0, "SYN OPEN"},
    {"FinBeyondTheWindowThatIsAcknowledged",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {9.0, '<', "FA", 55001, 1501},
      {9.1, '>', "FA", 1501, 55002}},
     ConnState::SF, "ShfGFg", Outcome::Closed, 500, 50000, "SYN FIN OPEN CLOSE"},
    {"InexactResetDisproved",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "R", 1101},
      {0.4, '<', "PA", 5001, 1001, 10}},
     ConnState::S1, "ShARd", Outcome::Open, 0, 10, "SYN OPEN"},
    {"InexactResetConfirmed",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '>', "A", 1001, 5001},
      {0.3, '>', "R", 1101},
      {0.4, '>', "PA", 1001, 5001, 100}},
     ConnState::RSTO, "ShARD", Outcome::Reset, 100, 0, "SYN OPEN RESET"},
    {"AcknowledgementOfTheInitialNumber",
     {{0.0, '>', "S", 1000}, {0.1, '<', "A", 5000, 1000}, {0.2, '>', "R", 1000}},
     ConnState::RSTOS0, "SaR", Outcome::Aborted, 0, 0, "SYN ABORTED"},
    {"AcknowledgementOfAnOldConnection",
     {{0.0, '>', "S", 1000}, {0.1, '<', "A", 5000, 999}, {0.2, '>', "R", 999}},
     ConnState::S0, "S", Outcome::Pending, 0, 0, "SYN"},
};

const std::vector<Case> kControl = {
    {"Normal",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {9.0, '>', "FA", 1011, 5301},
      {9.1, '<', "FA", 5301, 1012}},
     ConnState::SF, "ShFf", Outcome::Closed, 10, 300, "SYN OPEN FIN CLOSE"},
    {"FinProvesTheOtherSide",
     {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {9.0, '>', "FA", 1011, 5301}},
     ConnState::S2, "ShF", Outcome::Closed, 10, 300, "SYN OPEN FIN"},
    {"Open", {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}},
     ConnState::S1, "Sh", Outcome::Open, 0, 0, "SYN OPEN"},
    {"HalfOpen",
     {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {1.1, '<', "SA", 5000, 1001}},
     ConnState::S1, "Sh", Outcome::HalfOpen, 0, 0, "SYN OPEN HALF_OPEN"},
    {"Reset",
     {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {9.0, '>', "RA", 1501, 7001}},
     ConnState::RSTO, "ShR", Outcome::Reset, 500, 2000, "SYN OPEN RESET"},
    {"SynScan",
     {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "R", 1001}},
     ConnState::RSTO, "ShR", Outcome::Aborted, 0, 0, "SYN OPEN ABORTED"},
    {"ImplausibleReset",
     {{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.11, '<', "R", 2000000000}},
     ConnState::RSTR, "Shr", Outcome::Reset, 0, 0, "SYN OPEN RESET"},
    {"ForgedResetDisproved",
     {{0.0, '>', "S", 1000},
      {0.1, '<', "SA", 5000, 1001},
      {0.2, '<', "R", 900000000},
      {0.3, '>', "FA", 1021, 5001},
      {0.4, '<', "FA", 5001, 1022}},
     ConnState::SF, "ShrFf", Outcome::Closed, 20, 0, "SYN OPEN RESET CLOSE"},
    {"Refused", {{0.0, '>', "S", 1000}, {0.1, '<', "RA", 0, 1001}},
     ConnState::REJ, "Sr", Outcome::Refused, 0, 0, "SYN REFUSED"},
};
// clang-format on

INSTANTIATE_TEST_SUITE_P(Lifecycle, AllPackets, testing::ValuesIn(kAll), name_of);
INSTANTIATE_TEST_SUITE_P(Lifecycle, ControlPackets, testing::ValuesIn(kControl), name_of);

}  // namespace
}  // namespace synfin::test
