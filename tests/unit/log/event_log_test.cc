// Events as NDJSON, read back by nlohmann's parser.
#include "synfin/log/event_log.h"

#include <gtest/gtest.h>

#include <cctype>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "synfin/enrich/identifiers.h"
#include "unit/log/record_samples.h"

namespace synfin {
namespace {

std::string line_of(EventKind kind, Side side, const ConnectionRecord& r) {
  Event event;
  event.kind = kind;
  event.side = side;
  event.time = r.last;
  event.connection = r;
  std::string out;
  append_event_json(out, event);
  return out;
}

nlohmann::json parsed(EventKind kind, Side side, const ConnectionRecord& r) {
  return nlohmann::json::parse(line_of(kind, side, r));
}

TEST(EventLog, ACloseInFull) {
  const ConnectionRecord r = closed_record();
  EXPECT_EQ(line_of(EventKind::Close, Side::Resp, r),
            "{\"ts\":1772375417.003456,\"event\":\"close\",\"uid\":\"" +
                std::string{Uid(r.tuple, r.first).view()} +
                "\",\"id.orig_h\":\"192.0.2.7\",\"id.orig_p\":51234,\"id.resp_h\":\"198.51.100.9\","
                "\"id.resp_p\":443,\"side\":\"resp\",\"conn_state\":\"SF\",\"outcome\":\"closed\","
                "\"history\":\"ShADadFf\",\"duration\":0.880000,\"orig_bytes\":1234,"
                "\"resp_bytes\":34816,\"synack_rtt\":0.012400,\"ack_rtt\":0.000100250,"
                "\"closed_by\":\"orig\"}\n");
}

TEST(EventLog, EveryKindIsALineInLowerCase) {
  for (int k = 0; k < kEventKinds; ++k) {
    const auto kind = static_cast<EventKind>(k);
    const auto json = parsed(kind, Side::None, single_syn());
    std::string name{to_string(kind)};
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(json["event"], name);
    EXPECT_FALSE(json.contains("side"));
  }
  EXPECT_EQ(parsed(EventKind::HalfOpen, Side::Resp, single_syn())["event"], "half_open");
}

TEST(EventLog, UnknownValuesAreAbsent) {
  const auto json = parsed(EventKind::Syn, Side::Orig, single_syn());
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys,
            (std::vector<std::string>{"conn_state", "event", "history", "id.orig_h", "id.orig_p",
                                      "id.resp_h", "id.resp_p", "outcome", "side", "ts", "uid"}));
}

TEST(EventLog, CausesOfFailure) {
  ConnectionRecord r = single_syn();
  r.outcome = Outcome::Refused;
  r.state = ConnState::REJ;
  r.end_ttl = 64;
  r.rst_basis = RstBasis::Verified;
  const auto refused = parsed(EventKind::Refused, Side::Resp, r);
  EXPECT_EQ(refused["ttl"], 64);
  EXPECT_EQ(refused["rst_basis"], "verified");
  EXPECT_FALSE(refused.contains("icmp_type"));

  r.outcome = Outcome::Unreachable;
  r.icmp_type = 3;
  r.icmp_code = 0;
  const auto unreachable = parsed(EventKind::Unreachable, Side::None, r);
  EXPECT_EQ(unreachable["icmp_type"], 3);
  EXPECT_EQ(unreachable["icmp_code"], 0) << "code 0 says: network unreachable";
}

TEST(EventLog, EvictedAndReusedAppearOnlyIfTrue) {
  ConnectionRecord r = closed_record();
  EXPECT_FALSE(parsed(EventKind::Record, Side::None, r).contains("evicted"));
  r.evicted = r.reused = true;
  EXPECT_EQ(parsed(EventKind::Record, Side::None, r)["evicted"], true);
  EXPECT_EQ(parsed(EventKind::Record, Side::None, r)["reused"], true);
}

TEST(EventLog, AFlipKeepsTheUid) {
  const ConnectionRecord r = closed_record();
  ConnectionRecord flipped = r;
  flipped.tuple = r.tuple.reversed();
  EXPECT_EQ(parsed(EventKind::Open, Side::None, r)["uid"],
            parsed(EventKind::Record, Side::None, flipped)["uid"]);
}

}  // namespace
}  // namespace synfin
