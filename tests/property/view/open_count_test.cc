/// \file
/// The number of open connections is the same in the table, from which status lines and statistics
/// take it, and in the views, which derive it from events.
#include <gtest/gtest.h>

#include <string>

#include "support/lab.h"
#include "support/random_segments.h"
#include "synfin/view/open_connections.h"

namespace synfin::test {
namespace {

/// Counts as ViewSet does.
class ViewCount {
 public:
  void take(const std::vector<Event>& events) {
    for (; taken_ < events.size(); ++taken_) {
      connections_.apply(events[taken_], {}, [this](const ConnectionChange& change) {
        open_ += change.opens();
        open_ -= change.ends();
      });
    }
  }
  std::size_t open() const { return open_; }

 private:
  OpenConnections connections_{7};
  std::size_t taken_ = 0;
  std::size_t open_ = 0;
};

/// Returns the largest number of open connections that was seen.
std::size_t compare(const std::vector<Segment>& segments, PacketScope scope) {
  Lab lab({.max_connections = 1024, .scope = scope});
  ViewCount view;
  std::size_t most = 0;
  for (const Segment& s : segments) {
    if (scope == PacketScope::Control && (s.flags & kControlFlags) == 0) continue;
    const std::size_t before = lab.events().size();
    lab.feed(s);
    view.take(lab.events());
    std::string names;
    for (std::size_t i = before; i < lab.events().size(); ++i)
      names += std::string(to_string(lab.events()[i].kind)) + " ";
    EXPECT_EQ(lab.table().open(), view.open()) << names;
    if (testing::Test::HasFailure()) return 0;
    most = std::max(most, view.open());
  }
  lab.drain();
  return most;
}

class OpenCount : public testing::TestWithParam<PacketScope> {};

TEST_P(OpenCount, TheTableAndTheViewsAgree) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    EXPECT_GT(compare(random_conversations(seed, 1500), GetParam()), 0u);
    if (HasFailure()) return;
  }
}

TEST_P(OpenCount, ALoneSynAckIsNotOpen) {
  Lab lab({.scope = GetParam()});
  lab.run({{0.0, '<', "SA", 5000, 1001}});
  EXPECT_EQ(lab.table().open(), 0u);
  lab.run({{0.1, '<', "SA", 5000, 1001}});
  EXPECT_EQ(lab.table().open(), 0u);
  lab.run({{0.2, '>', "A", 1001, 5001}, {0.3, '>', "FA", 1001, 5001}});
  EXPECT_EQ(lab.table().open(), 1u);
}

TEST_P(OpenCount, ALoneFinIsNotOpen) {
  Lab lab({.scope = GetParam()});
  ViewCount view;
  lab.run({{0.0, '>', "FA", 1000, 5001}});
  view.take(lab.events());
  EXPECT_EQ(lab.table().open(), 0u);
  EXPECT_EQ(view.open(), 0u);
}

TEST_P(OpenCount, ALoneSynAckIsNotOpenInViews) {
  Lab lab({.scope = GetParam()});
  ViewCount view;
  for (int i = 0; i < 12; ++i) lab.run({{0.1 * i, '<', "SA", 5000, 1001}});
  view.take(lab.events());
  EXPECT_EQ(lab.table().open(), 0u);
  EXPECT_EQ(view.open(), 0u);
}

TEST_P(OpenCount, AnIcmpErrorEndsAnAttempt) {
  Lab lab({.scope = GetParam()});
  lab.run({{0.0, '>', "S", 1000}});
  EXPECT_EQ(lab.table().open(), 1u);
  lab.feed(icmp_error(0.1, 1000, 3, 1));
  EXPECT_EQ(lab.table().open(), 0u);
  lab.run({{1.0, '>', "S", 1000}});
  EXPECT_EQ(lab.table().open(), 1u) << "the originator still tries";
  lab.run({{1.1, '<', "SA", 5000, 1001}});
  EXPECT_EQ(lab.table().open(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Scopes, OpenCount,
                         testing::Values(PacketScope::All, PacketScope::Control));

}  // namespace
}  // namespace synfin::test
