// RecentConnections, and endpoints whose rows agree with the headline though the kernel's list is
// old.
#include "view/recent_connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/view/changes.h"
#include "view/endpoints_view.h"

namespace synfin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using view_test::at;
using view_test::ConnectionScript;
using view_test::kStart;

class RecentConnectionsTest : public testing::Test {
 protected:
  void emit(ConnectionScript& script, EventKind kind, Outcome outcome) {
    connections_.apply(script.emit(kind, outcome), {},
                       [this](const ConnectionChange& c) { recent_.observe(c); });
  }
  std::size_t open() const {
    std::size_t n = 0;
    recent_.for_each_open([&](const OpenConnection&) { ++n; });
    return n;
  }
  OpenConnections connections_{1};
  RecentConnections recent_;
};

TEST_F(RecentConnectionsTest, KnowsWhatBeganAndEnded) {
  ConnectionScript script(at("192.0.2.1", 3), at("198.51.100.1", 80));
  const ConnectionKey key = ConnectionKey::of(script.record().tuple);
  const Timestamp first = script.record().first;
  EXPECT_FALSE(recent_.ended_since(key, kStart));
  emit(script, EventKind::Open, Outcome::Open);
  EXPECT_EQ(open(), 1u);
  EXPECT_FALSE(recent_.ended_since(key, kStart));
  emit(script, EventKind::Fin, Outcome::Closed);
  recent_.for_each_open([](const OpenConnection& c) { EXPECT_EQ(c.phase, Phase::FinWait2); });
  emit(script, EventKind::Close, Outcome::Closed);
  EXPECT_EQ(open(), 0u);
  EXPECT_TRUE(recent_.ended_since(key, kStart));
  EXPECT_TRUE(recent_.has_ended(key, first));
  EXPECT_FALSE(recent_.has_ended(key, first + seconds{1}));
  EXPECT_FALSE(recent_.ended_since(key, kStart + seconds{1})) << "the kernel knows better";
  recent_.forget(kStart + seconds{1});
  EXPECT_TRUE(recent_.has_ended(key, first)) << "the other list may be older";
  recent_.forget(kStart + seconds{3});
  EXPECT_FALSE(recent_.has_ended(key, first));
}

TEST_F(RecentConnectionsTest, TheRecordOfAnOldConnectionEndsNoNewOne) {
  ConnectionScript old(at("192.0.2.1", 3), at("198.51.100.1", 80));
  ConnectionScript fresh(at("192.0.2.1", 3), at("198.51.100.1", 80), seconds{1});
  emit(old, EventKind::Open, Outcome::Open);
  emit(old, EventKind::Close, Outcome::Closed);
  emit(fresh, EventKind::Open, Outcome::Open);
  emit(old, EventKind::Record, Outcome::Closed);
  EXPECT_EQ(open(), 1u);
}

TEST(EndpointsEach, RowsAndHeadlineAgreeThoughTheKernelsListIsOld) {
  const Locality local({}, {Address::parse("198.51.100.1").value()});
  EndpointsView view({.max_hosts = 100, .seed = 1}, local);
  view_test::Feed feed(view);
  HostSockets host;
  host.at = kStart;
  ViewRequest request;
  request.host = &host;
  request.each = true;
  ConnectionScript old(at("192.0.2.1", 3), at("198.51.100.1", 80), -seconds{9});
  feed.emit(old, EventKind::Open, Outcome::Open);
  HostSocket& socket = host.sockets.emplace_back();
  socket.local = at("198.51.100.1", 80);
  socket.remote = at("192.0.2.1", 3);
  socket.state = SocketState::Established;
  EXPECT_THAT(view_test::print(view, request), HasSubstr("192.0.2.1:3 "));
  feed.emit(old, EventKind::Close, Outcome::Closed, seconds{9});
  ConnectionScript fresh(at("192.0.2.1", 4), at("198.51.100.1", 80));
  feed.emit(fresh, EventKind::Open, Outcome::Open);
  const std::string text = view_test::print(view, request);
  EXPECT_THAT(text, HasSubstr("1 connection open; 1 pair since the start"));
  EXPECT_THAT(text, HasSubstr("192.0.2.1:4 "));
  EXPECT_THAT(text, Not(HasSubstr("192.0.2.1:3 ")));
  socket.remote = at("192.0.2.1", 4);  // the next list has it
  host.at = kStart + seconds{1};
  const std::string next = view_test::print(view, request);
  EXPECT_EQ(next.find("192.0.2.1:4 "), next.rfind("192.0.2.1:4 ")) << next;
}

}  // namespace
}  // namespace synfin
