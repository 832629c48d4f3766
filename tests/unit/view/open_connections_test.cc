// OpenConnections: phases, outcomes, swapped roles, many connections at once.
#include "synfin/view/open_connections.h"

#include <gtest/gtest.h>

#include "synfin/filter/netstat_state.h"
#include "unit/view/changes.h"

namespace synfin {
namespace {

using view_test::at;
using view_test::ConnectionScript;

struct Seen {
  std::optional<Outcome> before, after;
  Phase from, to;
  FiveTuple tuple;
};

class OpenConnectionsTest : public testing::Test {
 protected:
  std::vector<Seen> emit(ConnectionScript& details, EventKind kind, Outcome outcome) {
    std::vector<Seen> seen;
    connections_.apply(details.emit(kind, outcome), {}, [&](const ConnectionChange& c) {
      seen.push_back({c.before, c.after, c.phase_before, c.phase_after, c.connection().tuple});
    });
    return seen;
  }
  OpenConnections connections_{42};
};

TEST_F(OpenConnectionsTest, WithdrawsWhatIsHeld) {
  Event event;
  event.kind = EventKind::Open;
  event.connection.tuple = {at("192.0.2.1", 5000), at("198.51.100.1", 80)};
  event.connection.outcome = Outcome::Open;
  int changes = 0;
  const auto take = [&](const ConnectionChange& c) {
    ++changes;
    EXPECT_EQ(c.before, Outcome::Open);
    EXPECT_EQ(c.after, std::nullopt);
    EXPECT_TRUE(c.ends());
    EXPECT_EQ(c.connection().tuple.orig.port, 5000);
  };
  connections_.withdraw(event, {}, take);
  EXPECT_EQ(changes, 0) << "it was never shown";
  connections_.apply(event, {}, [](const ConnectionChange&) {});
  // Even if its ends have changed roles meanwhile.
  event.connection.tuple = event.connection.tuple.reversed();
  connections_.withdraw(event, {}, take);
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(connections_.size(), 0u);
}

TEST_F(OpenConnectionsTest, PhasesFollowThePackets) {
  ConnectionScript details(at("192.0.2.1", 5000), at("198.51.100.1", 80));
  const struct {
    EventKind kind;
    Outcome outcome;
    Phase after;
  } turns[] = {{EventKind::Syn, Outcome::Unanswered, Phase::SynSent},
               {EventKind::HalfOpen, Outcome::HalfOpen, Phase::SynReceived},
               {EventKind::Open, Outcome::Open, Phase::Established},
               {EventKind::Fin, Outcome::Closed, Phase::FinWait2},
               {EventKind::Close, Outcome::Closed, Phase::TimeWait},
               {EventKind::Record, Outcome::Closed, Phase::Closed}};
  Phase before = Phase::Closed;
  for (const auto& turn : turns) {
    const auto seen = emit(details, turn.kind, turn.outcome);
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].from, before);
    EXPECT_EQ(seen[0].to, turn.after);
    EXPECT_EQ(seen[0].before.has_value(), turn.kind != EventKind::Syn);
    before = turn.after;
  }
  EXPECT_EQ(connections_.size(), 0u);
}

TEST_F(OpenConnectionsTest, AHalfClosedConnectionHasTheStateThatAFilterFinds) {
  for (const ConnState state : {ConnState::S2, ConnState::S3, ConnState::SH, ConnState::SHR}) {
    ConnectionScript details(at("192.0.2.1", 5000), at("198.51.100.1", 80));
    ConnectionRecord& r = details.record();
    r.state = state;
    r.orig.packets = r.resp.packets = 2;
    emit(details, EventKind::Midstream, Outcome::Midstream);
    const Phase phase = emit(details, EventKind::Fin, Outcome::Midstream)[0].to;
    EXPECT_EQ(to_string(phase), netstat_state(r, true));
    EXPECT_EQ(to_string(at_other_end(phase)), netstat_state(r, false));
    EXPECT_EQ(connections_.phase_of(r.tuple, r.first), phase);
    EXPECT_EQ(connections_.phase_of(r.tuple.reversed(), r.first), at_other_end(phase));
    emit(details, EventKind::Record, Outcome::Midstream);
  }
}

TEST_F(OpenConnectionsTest, ASynIsPending) {
  ConnectionScript details(at("192.0.2.1", 5000), at("198.51.100.1", 80));
  EXPECT_EQ(emit(details, EventKind::Syn, Outcome::Unanswered)[0].after, Outcome::Pending);
  EXPECT_EQ(emit(details, EventKind::Unanswered, Outcome::Unanswered)[0].after,
            Outcome::Unanswered);
}

TEST_F(OpenConnectionsTest, OpenConnectionsStayOpenAtTheEndOfInput) {
  ConnectionScript details(at("192.0.2.1", 5000), at("198.51.100.1", 80));
  emit(details, EventKind::Open, Outcome::Open);
  const auto last = emit(details, EventKind::Record, Outcome::Open);
  EXPECT_EQ(last[0].to, Phase::Established);
  EXPECT_EQ(connections_.size(), 0u);
}

TEST_F(OpenConnectionsTest, ALoneSynAckIsNoOpenConnection) {
  ConnectionScript details(at("192.0.2.1", 5000), at("198.51.100.1", 80));
  EXPECT_EQ(emit(details, EventKind::Open, Outcome::Backscatter).at(0).to, Phase::Closed);
  // Its SYN is seen after all.
  EXPECT_EQ(emit(details, EventKind::HalfOpen, Outcome::HalfOpen).at(0).to, Phase::SynReceived);
}

TEST_F(OpenConnectionsTest, SwappedRolesRetractTheConnection) {
  const Endpoint a = at("192.0.2.1", 5000), b = at("198.51.100.1", 80);
  ConnectionScript details(a, b);
  emit(details, EventKind::Midstream, Outcome::Midstream);
  details.record().tuple = {b, a};
  const auto seen = emit(details, EventKind::Close, Outcome::Closed);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].tuple, (FiveTuple{a, b}));
  EXPECT_EQ(seen[0].before, Outcome::Midstream);
  EXPECT_EQ(seen[0].after, std::nullopt);
  EXPECT_EQ(seen[0].to, Phase::Closed);
  EXPECT_EQ(seen[1].tuple, (FiveTuple{b, a}));
  EXPECT_EQ(seen[1].before, std::nullopt);
  EXPECT_EQ(seen[1].after, Outcome::Closed);
  EXPECT_EQ(connections_.size(), 1u);
}

TEST_F(OpenConnectionsTest, ManyConnectionsAreDistinctAndErased) {
  std::vector<ConnectionScript> scripts;
  for (std::uint16_t i = 0; i < 5000; ++i) {
    scripts.emplace_back(at("192.0.2.1", i), at("198.51.100.1", 80), std::chrono::seconds{i % 3});
  }
  for (ConnectionScript& s : scripts)
    EXPECT_FALSE(emit(s, EventKind::Syn, Outcome::Unanswered)[0].before);
  EXPECT_EQ(connections_.size(), 5000u);
  for (std::size_t i = 0; i < scripts.size(); i += 2)
    emit(scripts[i], EventKind::Record, Outcome::Unanswered);
  EXPECT_EQ(connections_.size(), 2500u);
  for (std::size_t i = 1; i < scripts.size(); i += 2) {
    EXPECT_EQ(emit(scripts[i], EventKind::Open, Outcome::Open)[0].before, Outcome::Pending);
  }
  for (std::size_t i = 1; i < scripts.size(); i += 2)
    emit(scripts[i], EventKind::Record, Outcome::Open);
  EXPECT_EQ(connections_.size(), 0u);
}

}  // namespace
}  // namespace synfin
