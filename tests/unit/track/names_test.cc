// Every enumeration value has its own name; logs and reports depend on these names.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "synfin/track/connection.h"
#include "synfin/track/event.h"

namespace synfin {
namespace {

template <typename Enum>
std::string words(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    if (i > 0) all += ' ';
    all += to_string(static_cast<Enum>(i));
  }
  return all;
}

TEST(Names, ConnStatesAreZeeks) {
  EXPECT_EQ(words<ConnState>(kConnStates), "S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH");
  EXPECT_EQ(to_string(ConnState::RSTOS0), "RSTOS0");
  EXPECT_EQ(to_string(ConnState::OTH), "OTH");
}

TEST(Names, Outcomes) {
  EXPECT_EQ(words<Outcome>(kOutcomes),
            "open closed reset refused unanswered pending unreachable half_open aborted midstream "
            "backscatter");
  EXPECT_EQ(to_string(Outcome::HalfOpen), "half_open");
  EXPECT_EQ(to_string(Outcome::Backscatter), "backscatter");
}

TEST(Names, Bases) {
  EXPECT_EQ(words<BytesBasis>(5), "none seen fin rst modulo");
  EXPECT_EQ(words<DirectionBasis>(4), "syn synack port first");
  EXPECT_EQ(words<RstBasis>(3), "none verified unverified");
  EXPECT_EQ(words<Side>(3), "none orig resp");
  EXPECT_EQ(to_string(BytesBasis::Modulo), "modulo");
  EXPECT_EQ(to_string(DirectionBasis::First), "first");
  EXPECT_EQ(to_string(RstBasis::Unverified), "unverified");
  EXPECT_EQ(to_string(Side::Resp), "resp");
}

TEST(Names, Tunnels) {
  EXPECT_EQ(words<TunnelKind>(8), "none ipip gre erspan vxlan geneve gtpu teredo");
  EXPECT_EQ(to_string(TunnelKind::Teredo), "teredo");
}

TEST(Names, Probes) {
  EXPECT_EQ(words<Probe>(kProbes), "syn fin null xmas syn+fin maimon ack");
  EXPECT_EQ(to_string(Probe::Ack), "ack");
}

TEST(Names, EventKindsAreDistinctAndUpperCase) {
  EXPECT_EQ(words<EventKind>(kEventKinds),
            "SYN RETRY OPEN MIDSTREAM FIN CLOSE RESET REFUSED UNREACHABLE ABORTED HALF_OPEN "
            "BACKSCATTER UNANSWERED TIMEOUT REUSED EVICTED RECORD");
  EXPECT_EQ(to_string(EventKind::Record), "RECORD");
}

TEST(Names, ValuesOutsideAnEnumerationReadAsAQuestionMark) {
  EXPECT_EQ(to_string(static_cast<EventKind>(kEventKinds)), "?");
  EXPECT_EQ(to_string(static_cast<ConnState>(255)), "?");
}

}  // namespace
}  // namespace synfin
