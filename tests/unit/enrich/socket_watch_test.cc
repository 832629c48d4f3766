// connections_of(), TableRequests, SocketWatch and SocketCounts, with real sockets on loopback.
#include "synfin/enrich/socket_watch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "synfin/filter/capture_scope.h"

namespace synfin {
namespace {

Endpoint end(const char* address, std::uint16_t port) { return {*Address::parse(address), port}; }

SocketInfo socket_of(Endpoint local, Endpoint remote) {
  SocketInfo s;
  s.local = local;
  s.remote = remote;
  s.state = SocketState::Established;
  return s;
}

SocketInfo listener(Endpoint local) {
  SocketInfo s;
  s.local = local;
  s.state = SocketState::Listen;
  return s;
}

TEST(ConnectionsOf, TheListenersEndIsTheResponder) {
  const Endpoint web = end("192.0.2.1", 80), client = end("198.51.100.9", 50'000);
  const Endpoint own = end("192.0.2.1", 40'000), far = end("203.0.113.5", 443);
  const auto found = connections_of({listener(web), socket_of(web, client), socket_of(own, far)});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], (FiveTuple{client, web}));
  EXPECT_EQ(found[1], (FiveTuple{own, far}));
}

TEST(ConnectionsOf, ALoopbackConnectionIsReturnedOnce) {
  const Endpoint server = end("127.0.0.1", 80), client = end("127.0.0.1", 50'000);
  const auto found =
      connections_of({listener(server), socket_of(server, client), socket_of(client, server)});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0], (FiveTuple{client, server}));
  EXPECT_EQ(connections_of({socket_of(server, client), socket_of(client, server)}).size(), 1u)
      << "also without the listener";
}

TEST(TableRequests, WaitUntilThePacketsHaveCaughtUp) {
  TableRequests requests;
  EXPECT_FALSE(requests.take(Timestamp::max()));
  requests.post({.at = timestamp_from_ns(100), .open = {}, .gone = {}});
  EXPECT_FALSE(requests.take(timestamp_from_ns(99)));
  EXPECT_TRUE(requests.take(timestamp_from_ns(100)));
  EXPECT_FALSE(requests.take(timestamp_from_ns(100)));
}

TEST(TableRequests, AreBounded) {
  TableRequests requests;
  for (int i = 0; i < 1000; ++i)
    requests.post({.at = timestamp_from_ns(i), .open = {}, .gone = {}});
  int taken = 0;
  while (requests.take(Timestamp::max())) ++taken;
  EXPECT_LE(taken, 16);
}

/// Both ends of a connection on loopback, and its listener.
struct Pair {
  Pair() {
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener, any, size), 0);
    EXPECT_EQ(listen(listener, 1), 0);
    getsockname(listener, any, &size);
    client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(client, any, size), 0);
    server = accept(listener, nullptr, nullptr);
  }
  ~Pair() {
    for (const int descriptor : {client, server, listener}) ::close(descriptor);
  }
  std::uint16_t port() const { return ntohs(address.sin_port); }

  sockaddr_in address{};
  int listener, client, server;
};

TEST(SocketWatch, ReportsOpenConnectionsWhenItStarts) {
  const Pair pair;
  TableRequests requests;
  auto monitor = SocketMonitor::open();
  ASSERT_TRUE(monitor.ok()) << monitor.error().message;
  const auto watch = SocketWatch::start(std::move(*monitor), requests, [&](const FiveTuple& tuple) {
    return tuple.resp.port == pair.port() || tuple.orig.port == pair.port();
  });
  ASSERT_TRUE(watch.ok()) << watch.error().message;
  const auto updates = requests.take(Timestamp::max());
  ASSERT_TRUE(updates);
  ASSERT_EQ(updates->open.size(), 1u);
  EXPECT_EQ(updates->open[0].tuple.resp.port, pair.port());
  EXPECT_TRUE(updates->gone.empty());
}

TEST(SocketCounts, GiveAnOpenRecordItsBytes) {
  const Pair pair;
  ASSERT_EQ(send(pair.client, "hello", 5, 0), 5);
  char bytes[8];
  ASSERT_EQ(recv(pair.server, bytes, sizeof bytes, 0), 5);
  sockaddr_in local{};
  socklen_t size = sizeof local;
  getsockname(pair.client, reinterpret_cast<sockaddr*>(&local), &size);
  Event event;
  event.time = timestamp_from_ns(50);
  event.connection.tuple = {end("127.0.0.1", ntohs(local.sin_port)), end("127.0.0.1", pair.port())};
  event.connection.outcome = Outcome::Open;
  auto monitor = SocketMonitor::open();
  ASSERT_TRUE(monitor.ok()) << monitor.error().message;
  SocketCounts(std::move(*monitor)).complete({&event, 1});
  EXPECT_EQ(event.connection.bytes_basis, BytesBasis::Socket);
  EXPECT_EQ(event.connection.orig.bytes, 5u);
  EXPECT_EQ(event.connection.resp.bytes, 0u);
}

TEST(SocketCounts, GiveAConnectionThatWasOpenBeforeTheStartItsBytesAfterItsEnd) {
  auto monitor = SocketMonitor::open();
  ASSERT_TRUE(monitor.ok());
  TableRequests requests;
  Event event;
  event.time = timestamp_from_ns(50);
  event.connection.last = timestamp_from_ns(40);
  event.connection.outcome = Outcome::Closed;
  event.connection.direction_basis = DirectionBasis::Socket;
  {
    const Pair pair;
    ASSERT_EQ(send(pair.client, "hello", 5, 0), 5);
    char bytes[8];
    ASSERT_EQ(recv(pair.server, bytes, sizeof bytes, 0), 5);
    sockaddr_in local{};
    socklen_t size = sizeof local;
    getsockname(pair.client, reinterpret_cast<sockaddr*>(&local), &size);
    event.connection.tuple = {end("127.0.0.1", ntohs(local.sin_port)),
                              end("127.0.0.1", pair.port())};
    const auto watch =
        SocketWatch::start(*monitor, requests, [](const FiveTuple&) { return true; });
    ASSERT_TRUE(watch.ok()) << watch.error().message;
  }
  Event began = event;
  began.connection.direction_basis = DirectionBasis::Syn;
  SocketCounts(*monitor).complete({&began, 1});
  EXPECT_EQ(began.connection.bytes_basis, BytesBasis::None);
  SocketCounts(*monitor).complete({&event, 1});
  EXPECT_EQ(event.connection.bytes_basis, BytesBasis::Socket);
  EXPECT_EQ(event.connection.orig.bytes, 5u);
  EXPECT_EQ(event.connection.last, timestamp_from_ns(40));
}

TEST(KeptTraffic, RemembersTheCountsOfTheCallBefore) {
  KeptTraffic kept;
  const Endpoint local = end("192.0.2.1", 80), remote = end("198.51.100.9", 50'000);
  kept.keep({{{local, remote}, SocketTraffic{.bytes_acked = 7}}});
  kept.keep({});
  ASSERT_TRUE(kept.find(local, remote));
  EXPECT_EQ(kept.find(local, remote)->bytes_acked, 7u);
  EXPECT_FALSE(kept.find(remote, local));
  kept.keep({});
  EXPECT_FALSE(kept.find(local, remote));
}

TEST(CaptureScope, DependsOnInterfaceAndExpression) {
  const FiveTuple loopback{end("127.0.0.1", 1000), end("127.0.0.1", 80)};
  const FiveTuple away{end("192.0.2.200", 1000), end("198.51.100.200", 80)};
  auto any = CaptureScope::make({"any"}, "port 80");
  auto lo = CaptureScope::make({"lo"}, "");
  auto other = CaptureScope::make({"any"}, "src port 81");
  ASSERT_TRUE(any.ok() && lo.ok() && other.ok());
  EXPECT_TRUE((*any)(loopback) && (*any)(away));
  EXPECT_TRUE((*lo)(loopback));
  EXPECT_FALSE((*lo)(away));
  EXPECT_FALSE((*other)(loopback));
  SocketInfo web;
  web.state = SocketState::Listen;
  web.local = end("127.0.0.1", 80);
  web.remote = end("0.0.0.0", 0);
  EXPECT_TRUE(any->covers_listener(web) && lo->covers_listener(web));
  EXPECT_FALSE(other->covers_listener(web));
  web.local = end("192.0.2.200", 80);
  EXPECT_FALSE(lo->covers_listener(web)) << "not an address of that interface";
  web.local = end("0.0.0.0", 80);
  EXPECT_TRUE(lo->covers_listener(web));
}

}  // namespace
}  // namespace synfin
