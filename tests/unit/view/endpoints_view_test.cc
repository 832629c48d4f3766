// EndpointsView: groups, states now and since the start, kernel states, loopback counted once.
#include "view/endpoints_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "synfin/report/text_table.h"
#include "unit/view/changes.h"

namespace synfin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using view_test::at;
using view_test::Feed;
using view_test::print;

Address ip(std::string_view text) { return Address::parse(text).value(); }

class EndpointsViewTest : public testing::Test {
 protected:
  Locality local_{{}, {ip("198.51.100.1"), ip("2001:db8::1")}};
  EndpointsView view_{{.max_hosts = 100, .seed = 1}, local_};
  Feed feed_{view_};
};

TEST_F(EndpointsViewTest, GroupsPairsByDirection) {
  feed_.closed(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed_.closed(at("192.0.2.1", 2), at("198.51.100.1", 80));
  view_test::ConnectionScript open(at("192.0.2.1", 3), at("198.51.100.1", 80));
  feed_.emit(open, EventKind::Syn, Outcome::Unanswered);
  feed_.emit(open, EventKind::Open, Outcome::Open);
  feed_.closed(at("2001:db8::1", 4), at("2001:db8:ffff::2", 443));
  feed_.closed(at("127.0.0.1", 5), at("127.0.0.1", 631));
  feed_.failed(at("192.0.2.7", 6), at("192.0.2.8", 22), EventKind::Refused, Outcome::Refused);
  EXPECT_EQ(print(view_), R"(1 connection open; 4 pairs since the start
  Local               Remote                  Now▼  Total  Connected  Failed  States now     States since start                                              Last      Name           CC  Network
  Inbound (1)
  198.51.100.1:80  ←  192.0.2.1                  1      3          3          ESTABLISHED 1  SYN_SENT 3, ESTABLISHED 3, CLOSE_WAIT 2, TIME_WAIT 2, CLOSED 2  12:00:00  alice.example  NL  AS64500 Example
  Outbound (1)
  2001:db8::1      →  [2001:db8:ffff::2]:443            1          1                         SYN_SENT 1, ESTABLISHED 1, FIN_WAIT2 1, TIME_WAIT 1, CLOSED 1   12:00:00
  Local (1)
  127.0.0.1        →  127.0.0.1:631                     1          1                         SYN_SENT 1, ESTABLISHED 1, FIN_WAIT2 1, TIME_WAIT 1, CLOSED 1   12:00:00
  Transit (1)
  192.0.2.7        →  192.0.2.8:22                      1                  1                 SYN_SENT 1, CLOSED 1                                            12:00:00
)");
}

TEST_F(EndpointsViewTest, BackscatterMakesNoPair) {
  view_test::ConnectionScript details(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed_.emit(details, EventKind::Backscatter, Outcome::Backscatter);
  feed_.emit(details, EventKind::Record, Outcome::Backscatter);
  EXPECT_THAT(print(view_), HasSubstr("; 0 pairs since the start"));
}

TEST_F(EndpointsViewTest, CountsEachState) {
  const EventKind kinds[] = {EventKind::Syn, EventKind::HalfOpen, EventKind::Open, EventKind::Fin,
                             EventKind::Close};
  std::uint16_t port = 1;
  for (const EventKind kind : kinds) {
    view_test::ConnectionScript details(at("192.0.2.1", port++), at("198.51.100.1", 80));
    feed_.emit(details, kind, Outcome::Open);
  }
  feed_.failed(at("192.0.2.1", 90), at("198.51.100.1", 80), EventKind::Refused, Outcome::Refused);
  EXPECT_THAT(
      print(view_),
      HasSubstr("SYN_SENT 1, SYN_RECV 1, ESTABLISHED 1, CLOSE_WAIT 1, TIME_WAIT 1  SYN_SENT 2"));
}

TEST_F(EndpointsViewTest, LiveStatesOfLocalConnectionsComeFromTheKernel) {
  view_test::ConnectionScript details(at("192.0.2.1", 3), at("198.51.100.1", 80));
  feed_.emit(details, EventKind::Open, Outcome::Open);
  HostSockets host;
  const auto add = [&](SocketState state, Endpoint local, Endpoint remote) {
    HostSocket s;
    s.state = state;
    s.local = local;
    s.remote = remote;
    host.sockets.push_back(s);
  };
  add(SocketState::Listen, at("0.0.0.0", 80), {});
  add(SocketState::CloseWait, at("198.51.100.1", 80), at("192.0.2.1", 3));
  add(SocketState::Established, at("198.51.100.1", 55555), at("203.0.113.5", 443));
  add(SocketState::Established, at("127.0.0.1", 80), at("127.0.0.1", 5000));
  add(SocketState::Established, at("127.0.0.1", 5000), at("127.0.0.1", 80));
  ViewRequest request;
  request.host = &host;
  const std::string text = print(view_, request);
  EXPECT_THAT(text, HasSubstr("CLOSE_WAIT 1"));
  EXPECT_THAT(text, HasSubstr("203.0.113.5:443"));
  EXPECT_THAT(text, HasSubstr("Local (1)"));
  EXPECT_THAT(text, HasSubstr("1 connection open; 3 pairs since the start"));
}

TEST_F(EndpointsViewTest, ASocketWithoutListenerStaysWithItsPair) {
  feed_.closed(at("192.0.2.1", 50000), at("198.51.100.1", 18077));
  HostSockets host;
  HostSocket s;
  s.state = SocketState::TimeWait;
  s.local = at("198.51.100.1", 18077);
  s.remote = at("192.0.2.1", 50000);
  host.sockets.push_back(s);
  ViewRequest request;
  request.host = &host;
  const std::string text = print(view_, request);
  EXPECT_THAT(text, HasSubstr("0 connections open; 1 pair since the start"));
  EXPECT_THAT(text, HasSubstr("TIME_WAIT 1"));
}

TEST_F(EndpointsViewTest, ALoopbackTimeWaitOfTheResponderCounts) {
  HostSockets host;
  HostSocket& s = host.sockets.emplace_back();
  s.state = SocketState::TimeWait;
  s.local = at("127.0.0.1", 80);
  s.remote = at("127.0.0.1", 50000);
  feed_.closed(at("127.0.0.1", 50000), at("127.0.0.1", 80));
  ViewRequest request;
  request.host = &host;
  EXPECT_THAT(print(view_, request), HasSubstr("TIME_WAIT 1  SYN_SENT 1"));
}

TEST_F(EndpointsViewTest, KernelCountersExcludeSynAndFin) {
  HostSocket s;
  s.state = SocketState::FinWait2;
  s.local = at("198.51.100.1", 50000);
  s.remote = at("192.0.2.1", 80);
  s.traffic = SocketTraffic{};
  s.traffic->bytes_acked = 102;
  s.traffic->bytes_received = 7;
  const LiveConnection closing = LiveConnection::of(s, false, view_test::kStart);
  EXPECT_EQ(closing.sent.bytes, 100u);
  EXPECT_EQ(closing.received.bytes, 7u);
  s.state = SocketState::CloseWait;
  const LiveConnection half = LiveConnection::of(s, true, view_test::kStart);
  EXPECT_EQ(half.received.bytes, 102u);
  EXPECT_EQ(half.sent.bytes, 6u);
}

TEST_F(EndpointsViewTest, ASynSentSocketHasNoIdleTime) {
  HostSocket s;
  s.state = SocketState::SynSent;
  s.traffic = SocketTraffic{};
  s.traffic->idle = seconds{100'000};
  EXPECT_EQ(LiveConnection::of(s, false, view_test::kStart).idle, kNoDuration);
}

TEST_F(EndpointsViewTest, ExistingConnectionsAreNotSuccessfulAttempts) {
  view_test::ConnectionScript old(at("192.0.2.1", 3), at("198.51.100.1", 80));
  feed_.emit(old, EventKind::Midstream, Outcome::Midstream);
  const std::string text = print(view_);
  EXPECT_THAT(text, HasSubstr("Already open"));
  EXPECT_THAT(text, Not(HasSubstr("Connected")));
}

TEST_F(EndpointsViewTest, ReversedRowsStayInTheirGroups) {
  feed_.closed(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed_.closed(at("192.0.2.2", 1), at("198.51.100.1", 80));
  feed_.closed(at("192.0.2.2", 2), at("198.51.100.1", 80));
  feed_.closed(at("192.0.2.7", 6), at("192.0.2.8", 22));
  ViewRequest request;
  request.order = 1;
  request.reversed = true;
  const std::string text = print(view_, request);
  EXPECT_LT(text.find("192.0.2.1 "), text.find("192.0.2.2 "));
  EXPECT_LT(text.find("192.0.2.2 "), text.find("Transit"));
  EXPECT_THAT(text, HasSubstr("Total▲"));
}

TEST_F(EndpointsViewTest, NarrowTerminalsKeepRequestedColumns) {
  OpenConnections connections(1);
  view_test::ConnectionScript details(at("192.0.2.1", 3), at("198.51.100.1", 80));
  Annotations about;
  about.resp.pid = 4711;
  about.resp.exe = "/usr/sbin/nginx";
  connections.apply(details.emit(EventKind::Open, Outcome::Open), about,
                    [&](const ConnectionChange& c) { view_.observe(c); });
  ViewRequest request;
  request.width = 80;
  request.requested = {.names = true, .processes = true, .command_lines = false, .geo = true};
  const std::string text = print(view_, request);
  for (const char* title : {"Name", "Process", "CC", "Network", "States"})
    EXPECT_THAT(text, HasSubstr(title));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    EXPECT_LE(columns_of(text.substr(at, end - at)), 80u) << text;
    at = end + 1;
  }
}

TEST_F(EndpointsViewTest, CountsAThousandShortConnectionsSinceTheStart) {
  for (std::uint16_t i = 0; i < 1000; ++i) feed_.closed(at("192.0.2.1", i), at("198.51.100.1", 80));
  EXPECT_THAT(print(view_), HasSubstr("CLOSED 1,000"));
}

TEST_F(EndpointsViewTest, ShowsTheProcess) {
  OpenConnections connections(1);
  view_test::ConnectionScript details(at("192.0.2.1", 3), at("198.51.100.1", 80));
  Annotations about;
  about.resp.pid = 4711;
  about.resp.exe = "/usr/sbin/nginx";
  about.resp.user = "www-data";
  connections.apply(details.emit(EventKind::Open, Outcome::Open), about,
                    [&](const ConnectionChange& c) { view_.observe(c); });
  EXPECT_THAT(print(view_), HasSubstr("4711/nginx www-data"));
}

TEST_F(EndpointsViewTest, OpenTransitConnectionsComeFromTheTracker) {
  view_test::ConnectionScript details(at("192.0.2.7", 6), at("192.0.2.8", 22));
  feed_.emit(details, EventKind::Syn, Outcome::Unanswered);
  feed_.emit(details, EventKind::Open, Outcome::Open);
  ConnectionRecord r = details.record();
  r.last -= seconds{70};
  r.orig.bytes = 2048;
  r.synack_rtt = std::chrono::milliseconds{3};
  const auto phase = [](const ConnectionRecord&) { return std::optional(Phase::Established); };
  OpenTraffic all(PacketScope::All);
  all.update(std::vector{r}, r.last, phase);
  r.orig.bytes += 1024;
  all.update(std::vector{r}, r.last + seconds{64}, phase);
  ViewRequest request;
  request.open = &all;
  request.each = true;
  const std::string text = print(view_, request);
  EXPECT_THAT(text, HasSubstr("192.0.2.7:6  →  192.0.2.8:22"));
  EXPECT_THAT(text, testing::ContainsRegex("ESTABLISHED +1m04s +3.0 KiB +0 B +16 B +0 +3 ms"));
  EXPECT_THAT(text, Not(HasSubstr("--packets all")));
  OpenTraffic control(PacketScope::Control);
  control.update(std::vector{r}, r.last + seconds{69}, phase);
  request.open = &control;
  const std::string less = print(view_, request);
  EXPECT_THAT(less, HasSubstr("≤1m09s"));
  EXPECT_THAT(less, HasSubstr("--packets all"));
  EXPECT_THAT(less, Not(HasSubstr("idle longest")));
  control.set_omitted(1234);
  EXPECT_THAT(print(view_, request), HasSubstr("1,234 more open connections, idle longest"));
  EXPECT_THAT(less, Not(HasSubstr("KiB")));
}

TEST_F(EndpointsViewTest, ListsConnectionsThatAreOpenAtTheEndOfInput) {
  view_test::ConnectionScript details(at("192.0.2.7", 6), at("192.0.2.8", 22));
  feed_.emit(details, EventKind::Open, Outcome::Open);
  details.record().orig.bytes = 77;
  details.record().bytes_basis = BytesBasis::Seen;
  details.record().state = ConnState::S1;
  feed_.emit(details, EventKind::Record, Outcome::Open);
  ViewRequest request;
  request.each = true;
  const std::string text = print(view_, request);
  EXPECT_THAT(text, HasSubstr("192.0.2.7:6"));
  EXPECT_EQ(text.find("154 B"), text.npos) << "counted twice:\n" << text;
  EXPECT_THAT(text, HasSubstr("77 B"));
}

TEST_F(EndpointsViewTest, StatesSinceTheStartIncludePastStates) {
  feed_.closed(at("192.0.2.1", 1), at("198.51.100.1", 80));
  feed_.failed(at("192.0.2.1", 2), at("198.51.100.1", 80), EventKind::Refused, Outcome::Refused);
  EXPECT_THAT(print(view_),
              HasSubstr("SYN_SENT 2, ESTABLISHED 1, CLOSE_WAIT 1, TIME_WAIT 1, CLOSED 2"));
}

TEST_F(EndpointsViewTest, AHalfClosedConnectionHasTheStateOfTheLocalEnd) {
  const struct {
    const char *orig, *resp;
    ConnState after;
    const char* state;
  } cases[] = {{"192.0.2.1", "198.51.100.1", ConnState::S2, "CLOSE_WAIT"},  // inbound
               {"192.0.2.1", "198.51.100.1", ConnState::S3, "FIN_WAIT2"},
               {"198.51.100.1", "192.0.2.1", ConnState::S2, "FIN_WAIT2"},
               {"198.51.100.1", "192.0.2.1", ConnState::S3, "CLOSE_WAIT"},
               {"192.0.2.7", "192.0.2.8", ConnState::S3, "CLOSE_WAIT"}};  // in transit
  for (const auto& c : cases) {
    EndpointsView view({.max_hosts = 100, .seed = 1}, local_);
    Feed feed(view);
    view_test::ConnectionScript details(at(c.orig, 1), at(c.resp, 80));
    feed.emit(details, EventKind::Open, Outcome::Open);
    details.record().state = c.after;
    feed.emit(details, EventKind::Fin, Outcome::Closed);
    const std::string state = std::string(c.state) + " 1";
    EXPECT_THAT(print(view), HasSubstr(state + "  ESTABLISHED 1, " + state));
    feed.emit(details, EventKind::Record, Outcome::Closed);
    ViewRequest request;
    request.each = true;
    EXPECT_THAT(print(view, request), testing::ContainsRegex(":(1|80) +" + std::string(c.state)));
  }
}

TEST_F(EndpointsViewTest, PrefersTheLocalProcess) {
  OpenConnections connections(1);
  view_test::ConnectionScript details(at("198.51.100.1", 40000), at("192.0.2.1", 80));
  Annotations about;
  about.orig.pid = 21;
  about.orig.exe = "/usr/bin/curl";
  about.resp.pid = 4711;
  about.resp.exe = "/usr/sbin/nginx";
  connections.apply(details.emit(EventKind::Open, Outcome::Open), about,
                    [&](const ConnectionChange& c) { view_.observe(c); });
  EXPECT_THAT(print(view_), HasSubstr("21/curl"));
}

TEST(Locality, AssumesPrivateBlocksOnlyWithoutConfiguration) {
  const Locality guessed({}, {});
  EXPECT_TRUE(guessed.guessed());
  EXPECT_EQ(guessed.direction(ip("10.1.2.3"), ip("192.0.2.1")), Direction::Outbound);
  EXPECT_EQ(guessed.direction(ip("192.0.2.1"), ip("192.168.0.1")), Direction::Inbound);
  EXPECT_EQ(guessed.direction(ip("fd00::1"), ip("::1")), Direction::Looping);
  const Locality said({Cidr::parse("192.0.2.0/24").value()}, {});
  EXPECT_FALSE(said.guessed());
  EXPECT_EQ(said.direction(ip("10.1.2.3"), ip("192.0.2.1")), Direction::Inbound);
  EXPECT_EQ(said.direction(ip("10.1.2.3"), ip("10.1.2.4")), Direction::Transit);
}

TEST_F(EndpointsViewTest, SortsByTheNumbersOfRemoteAddresses) {
  const auto outbound = [&](const char* remote, std::uint16_t port) {
    feed_.closed(at("198.51.100.1", 1), at(remote, port));
  };
  for (const char* remote : {"192.0.2.10", "192.0.2.9", "2001:db8:ffff::1",
                             "2001:db8:2::", "2001:db8:10::1", "203.0.113.1"})
    outbound(remote, 443);
  outbound("192.0.2.9", 80);
  ViewRequest request;
  request.order = 3;
  const std::string text = print(view_, request);
  EXPECT_THAT(text, HasSubstr("Remote▲"));
  std::size_t last = 0;
  for (const char* remote : {" 192.0.2.9:80 ", " 192.0.2.9:443", " 192.0.2.10:443", " 203.0.113.1",
                             "[2001:db8:2::]", "[2001:db8:10::1]", "[2001:db8:ffff::1]"}) {
    const std::size_t at = text.find(remote);
    ASSERT_NE(at, text.npos) << remote << text;
    EXPECT_GT(at, last) << remote << text;
    last = at;
  }
}

TEST_F(EndpointsViewTest, RemembersTheHighestRates) {
  HostSockets host;
  HostSocket& s = host.sockets.emplace_back();
  s.local = at("198.51.100.1", 40'000);
  s.remote = at("192.0.2.1", 443);
  s.state = SocketState::Established;
  s.traffic.emplace();
  s.traffic->bytes_acked = 5'000;
  s.traffic->bytes_received = 100;
  ViewRequest request;
  request.host = &host;
  for (const std::uint64_t rate : {1'024u, 4'096u, 2'048u}) {
    s.sent_rate = rate;
    s.received_rate = rate / 2;
    (void)print(view_, request);
  }
  const std::string text = print(view_, request);
  EXPECT_THAT(text, HasSubstr("2.0 KiB/s out, 1.0 KiB/s in"));
  EXPECT_THAT(text, HasSubstr("Peak 4.0 KiB/s out, 2.0 KiB/s in; in all 4.9 KiB out, 100 B in."));
}

TEST_F(EndpointsViewTest, BriefConnectionsCountInRates) {
  HostSockets host;
  ViewRequest request;
  request.host = &host;
  host.at = view_test::kStart;
  (void)print(view_, request);
  const auto transfer = [&](Duration begin, Duration end) {
    view_test::ConnectionScript brief(at("198.51.100.1", 5), at("192.0.2.1", 80), begin);
    feed_.emit(brief, EventKind::Open, Outcome::Open);
    brief.record().orig.bytes = 2'048;
    brief.record().resp.bytes = 20'480;
    feed_.emit(brief, EventKind::Close, Outcome::Closed, end - begin);
    feed_.emit(brief, EventKind::Record, Outcome::Closed);
  };
  transfer(seconds{1}, seconds{2});
  transfer(-seconds{1}, seconds{2});  // the kernel has listed it
  host.at = view_test::kStart + seconds{4};
  transfer(seconds{2}, seconds{3});
  EXPECT_THAT(print(view_, request), HasSubstr(", 1.0 KiB/s out, 10.0 KiB/s in"));
  host.at += seconds{1};
  transfer(seconds{2}, seconds{3});  // its packets were late
  EXPECT_THAT(print(view_, request), HasSubstr(", 2.0 KiB/s out, 20.0 KiB/s in"));
  host.at += seconds{1};
  EXPECT_THAT(print(view_, request), HasSubstr("; 1 pair since the start\n"));
}

TEST_F(EndpointsViewTest, ASocketFromBeforeTheStartIsNoAttempt) {
  view_test::ConnectionScript old(at("192.0.2.1", 3), at("198.51.100.1", 80));
  old.record().direction_basis = DirectionBasis::Socket;
  feed_.emit(old, EventKind::Midstream, Outcome::Open);
  const std::string text = print(view_);
  EXPECT_THAT(text, HasSubstr("Already open"));
  EXPECT_THAT(text, Not(HasSubstr("Connected")));
}

TEST_F(EndpointsViewTest, MarksBothColumnsOfASum) {
  view_test::FewNames names;
  EXPECT_THAT(view_.page({.order = 5, .filter = {}}, names).table.sort_keys,
              testing::ElementsAre("sent_bytes", "received_bytes"));
}

}  // namespace
}  // namespace synfin
