// What events add to the counts of metrics.
#include "metrics/event_counts.h"

#include <gtest/gtest.h>

#include "support/event_samples.h"

namespace synfin {
namespace {

template <typename Enum>
std::uint64_t at(const auto& counts, Enum index) {
  return counts[static_cast<std::size_t>(index)].get();
}

TEST(EventCounts, CountsKindsOutcomesCausesAndBytes) {
  EventCounts counts{PortNames(std::vector<PortNames::Service>{})};
  Event closed = test::event_of(EventKind::Record), refused = closed, unknown = closed;
  closed.connection.orig.bytes = 10;
  closed.connection.resp.bytes = 300;
  refused.connection.outcome = Outcome::Refused;
  refused.connection.cause.cause = Cause::Refused;
  unknown.connection.outcome = Outcome::Unanswered;
  const std::vector<Event> events{test::event_of(EventKind::Syn), closed, refused, unknown};
  counts.count(events);
  EXPECT_EQ(at(counts.events, EventKind::Syn), 1u);
  EXPECT_EQ(at(counts.events, EventKind::Record), 3u);
  EXPECT_EQ(at(counts.outcomes, Outcome::Closed), 1u);
  EXPECT_EQ(at(counts.outcomes, Outcome::Refused), 1u);
  EXPECT_EQ(at(counts.causes, Cause::Refused), 1u);
  EXPECT_EQ(at(counts.causes, Cause::None), 1u);
  EXPECT_EQ(counts.orig_bytes.get(), 10u);
  EXPECT_EQ(counts.resp_bytes.get(), 300u);
  EXPECT_EQ(counts.services.rows()[0].failed, 2u);
}

TEST(EventCounts, PutsHandshakesIntoBuckets) {
  EventCounts counts{PortNames(std::vector<PortNames::Service>{})};
  std::vector<Event> events;
  for (const int us : {100, 101, 7'000'000}) {
    events.push_back(test::event_of(EventKind::Open));
    events.back().connection.synack_rtt = std::chrono::microseconds{us};
  }
  events.push_back(test::event_of(EventKind::Open));  // its time is unknown
  counts.count(events);
  EXPECT_EQ(counts.handshakes[0].get(), 1u);  // a bound belongs to its bucket
  EXPECT_EQ(counts.handshakes[1].get(), 1u);
  EXPECT_EQ(counts.handshakes.back().get(), 1u);
  EXPECT_EQ(counts.handshake_us.get(), 7'000'201u);
  EXPECT_EQ(counts.services.rows()[0].service, "198.51.100.7:443");
}

}  // namespace
}  // namespace synfin
