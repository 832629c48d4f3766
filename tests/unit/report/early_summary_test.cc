// EarlySummary: each connection counts once, at its end or by its record.
#include "report/early_summary.h"

#include <gtest/gtest.h>

#include "synfin/report/summary_data.h"

namespace synfin {
namespace {

Event event(EventKind kind, std::uint16_t port, Outcome outcome) {
  Event e;
  e.kind = kind;
  e.connection.tuple = {{Address::from_v4(0xC0000201), port}, {Address::from_v4(0xC6336401), 80}};
  e.connection.outcome = outcome;
  return e;
}

std::uint64_t count(const EarlySummary& summary, Outcome outcome) {
  return summary.summary().data(0).totals.by_outcome.of(outcome);
}

TEST(EarlySummary, CountsAConnectionWhenItEnds) {
  EarlySummary summary({});
  const Event begun[] = {event(EventKind::Syn, 1, Outcome::Pending),
                         event(EventKind::Open, 1, Outcome::Open)};
  summary.add(begun);
  EXPECT_EQ(count(summary, Outcome::Open), 0u);
  const Event ended[] = {event(EventKind::Close, 1, Outcome::Closed),
                         event(EventKind::Reset, 1, Outcome::Closed),
                         event(EventKind::Refused, 2, Outcome::Refused)};
  summary.add(ended);
  EXPECT_EQ(count(summary, Outcome::Closed), 1u);
  EXPECT_EQ(count(summary, Outcome::Refused), 1u);
  const Event records[] = {event(EventKind::Record, 1, Outcome::Closed),
                           event(EventKind::Record, 2, Outcome::Refused),
                           event(EventKind::Record, 3, Outcome::Unreachable)};
  summary.add(records);
  EXPECT_EQ(count(summary, Outcome::Closed), 1u) << "not twice";
  EXPECT_EQ(count(summary, Outcome::Refused), 1u);
  EXPECT_EQ(count(summary, Outcome::Unreachable), 1u) << "by its record";
}

TEST(EarlySummary, TheSamePortsLaterAreAnotherConnection) {
  EarlySummary summary({});
  Event first = event(EventKind::Close, 1, Outcome::Closed), second = first;
  second.connection.first = timestamp_from_ns(1'000'000'000);
  summary.add({&first, 1});
  summary.add({&second, 1});
  EXPECT_EQ(count(summary, Outcome::Closed), 2u);
}

}  // namespace
}  // namespace synfin
