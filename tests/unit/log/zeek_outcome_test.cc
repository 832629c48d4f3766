// What state and history of Zeek prove.
#include "log/zeek_outcome.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

struct Case {
  ConnState state;
  const char* history;
  Outcome outcome;
  Side closed_by;
};

TEST(ZeekOutcome, FollowsFromStateAndHistory) {
  constexpr Case kCases[] = {
      {ConnState::S0, "S", Outcome::Unanswered, Side::None},
      {ConnState::S0, "SAD", Outcome::Open, Side::None},
      {ConnState::REJ, "Sr", Outcome::Refused, Side::Resp},
      {ConnState::REJ, "SrR", Outcome::Refused, Side::Resp},
      {ConnState::REJ, "SRr", Outcome::Aborted, Side::Orig},
      {ConnState::REJ, "ShArR", Outcome::Reset, Side::Resp},
      {ConnState::REJ, "ShRr", Outcome::Aborted, Side::Orig},
      {ConnState::REJ, "ShrR", Outcome::HalfOpen, Side::None},
      {ConnState::REJ, "AarR", Outcome::Midstream, Side::None},
      {ConnState::REJ, "", Outcome::Refused, Side::None},
      {ConnState::SF, "ShADadFf", Outcome::Closed, Side::Orig},
      {ConnState::SF, "ShADadfF", Outcome::Closed, Side::Resp},
      {ConnState::SF, "DadAFf", Outcome::Midstream, Side::Orig},
      {ConnState::S1, "ShADad", Outcome::Open, Side::None},
      {ConnState::S1, "Sh", Outcome::HalfOpen, Side::None},
      {ConnState::S2, "ShADF", Outcome::Closed, Side::Orig},
      {ConnState::RSTO, "ShADR", Outcome::Reset, Side::Orig},
      {ConnState::RSTO, "ShR", Outcome::Aborted, Side::Orig},
      {ConnState::RSTR, "ShADadr", Outcome::Reset, Side::Resp},
      {ConnState::RSTR, "Shr", Outcome::HalfOpen, Side::None},
      {ConnState::RSTR, "Shdr", Outcome::Reset, Side::Resp},
      {ConnState::RSTO, "^hR", Outcome::Backscatter, Side::None},
      {ConnState::OTH, "SAR", Outcome::Reset, Side::Orig},
      {ConnState::RSTOS0, "SR", Outcome::Aborted, Side::Orig},
      {ConnState::RSTRH, "^hr", Outcome::Backscatter, Side::None},
      {ConnState::OTH, "^h", Outcome::Backscatter, Side::None},
      {ConnState::OTH, "DdA", Outcome::Midstream, Side::None},
      {ConnState::SF, "", Outcome::Closed, Side::None},
      {ConnState::RSTR, "", Outcome::Reset, Side::None},
      {ConnState::OTH, "", Outcome::Midstream, Side::None},
  };
  for (const Case& c : kCases) {
    ConnectionRecord record;
    record.state = c.state;
    record.history.assign(c.history);
    derive_outcome(record);
    EXPECT_EQ(record.outcome, c.outcome) << to_string(c.state) << " " << c.history;
    EXPECT_EQ(record.closed_by, c.closed_by) << to_string(c.state) << " " << c.history;
  }
}

}  // namespace
}  // namespace synfin
