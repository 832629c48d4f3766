// ClientsView: headline, selection, order, unsuccessful clients.
#include "synfin/view/clients_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/view/changes.h"

namespace synfin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using view_test::at;
using view_test::Feed;
using view_test::print;

ClientCriteria port_80() { return {.ports = {80}, .hosts = {}, .host_name = {}}; }

TEST(ClientsView, ListsClientsInOrderOfTheirFirstConnection) {
  ClientsView view({.max_hosts = 100, .seed = 1}, port_80());
  Feed feed(view);
  feed.closed(at("192.0.2.9", 1), at("198.51.100.1", 80));
  feed.closed(at("192.0.2.1", 1), at("198.51.100.1", 80), seconds{2});
  feed.closed(at("192.0.2.1", 2), at("198.51.100.2", 80), seconds{4});
  feed.closed(at("192.0.2.3", 1), at("198.51.100.1", 443), seconds{5});
  feed.failed(at("2001:db8::5", 1), at("198.51.100.1", 80), EventKind::Refused, Outcome::Refused,
              seconds{6});
  EXPECT_EQ(
      print(view),
      R"(The following 2 hosts have connected to port 80 of any host since 2026-03-01 12:00:00 UTC
  1 more tried without success.
  Address      Name           First▲    Last      Attempts  Connected  Failed  Refused  CC  Network
  192.0.2.9                   12:00:00  12:00:00         1          1
  192.0.2.1    alice.example  12:00:02  12:00:04         2          2                   NL  AS64500 Example
  2001:db8::5                 12:00:06  12:00:06         1                  1        1
)");
}

TEST(ClientsView, AttemptsAreConnectedFailedOrAborted) {
  ClientsView view({.max_hosts = 100, .seed = 1}, port_80());
  Feed feed(view);
  const Endpoint server = at("198.51.100.1", 80);
  feed.closed(at("192.0.2.9", 1), server);
  feed.failed(at("192.0.2.9", 2), server, EventKind::Refused, Outcome::Refused);
  feed.failed(at("192.0.2.9", 3), server, EventKind::Unanswered, Outcome::Unanswered);
  feed.failed(at("192.0.2.9", 4), server, EventKind::Unreachable, Outcome::Unreachable);
  feed.failed(at("192.0.2.9", 5), server, EventKind::HalfOpen, Outcome::HalfOpen);
  for (const std::uint16_t port : {std::uint16_t{6}, std::uint16_t{7}})
    feed.failed(at("192.0.2.9", port), server, EventKind::Aborted, Outcome::Aborted);
  const std::string text = print(view);
  EXPECT_THAT(text, HasSubstr("Failed  Refused  No answer  Aborted\n"));
  EXPECT_THAT(text, HasSubstr("  4        1          1        2\n"));
  EXPECT_THAT(text, HasSubstr("12:00:00         7          1 "));
}

TEST(ClientsView, ListsConnectionsThatExistedBeforeApart) {
  ClientsView view({.max_hosts = 100, .seed = 1}, port_80());
  view.set_start(view_test::kStart - seconds{30});
  Feed feed(view);
  view_test::ConnectionScript old(at("192.0.2.9", 1), at("198.51.100.1", 80));
  feed.emit(old, EventKind::Midstream, Outcome::Midstream);
  EXPECT_EQ(print(view),
            R"(No host has connected to port 80 of any host since 2026-03-01 11:59:30 UTC
  1 was already connected.
  Address    First▲    Last      Attempts  Already open  Now
  192.0.2.9  12:00:00  12:00:00         0             1    1
)");
  feed.closed(at("192.0.2.8", 1), at("198.51.100.1", 80));
  feed.failed(at("192.0.2.7", 1), at("198.51.100.1", 80), EventKind::Refused, Outcome::Refused);
  const std::string text = print(view);
  EXPECT_THAT(text, HasSubstr("The following host has connected to port 80 of any host since"));
  EXPECT_THAT(text, HasSubstr("  1 more was already connected. 1 more tried without success.\n"));
}

TEST(ClientsView, CountsOnlyTheSelectedDestination) {
  ClientCriteria of = port_80();
  of.hosts = {Address::parse("198.51.100.2").value()};
  of.host_name = "198.51.100.2";
  ClientsView view({.max_hosts = 100, .seed = 1}, of);
  Feed feed(view);
  feed.closed(at("192.0.2.9", 1), at("198.51.100.1", 80));
  feed.closed(at("192.0.2.8", 1), at("198.51.100.2", 80));
  const std::string text = print(view);
  EXPECT_THAT(text, HasSubstr("The following host has connected to port 80 of 198.51.100.2 since"));
  EXPECT_THAT(text, HasSubstr("192.0.2.8"));
  EXPECT_THAT(text, Not(HasSubstr("192.0.2.9")));
}

TEST(ClientsView, SaysThatNobodyHasConnected) {
  ClientsView view({.max_hosts = 100, .seed = 1}, port_80());
  Feed feed(view);
  feed.failed(at("192.0.2.3", 5), at("198.51.100.1", 80), EventKind::Refused, Outcome::Refused);
  const std::string text = print(view);
  EXPECT_THAT(text, HasSubstr("No host has connected to port 80 of any host since"));
  EXPECT_THAT(text, HasSubstr("  1 tried without success."));
}

TEST(ClientsView, CountsAThousandShortConnections) {
  ClientsView view({.max_hosts = 100, .seed = 1}, {});
  Feed feed(view);
  for (std::uint16_t i = 0; i < 1000; ++i) feed.closed(at("192.0.2.9", i), at("198.51.100.1", 80));
  EXPECT_THAT(print(view), HasSubstr("1,000      1,000"));
}

TEST(ClientsView, AFlippedDirectionIsRetracted) {
  ClientsView view({.max_hosts = 100, .seed = 1}, {});
  Feed feed(view);
  const Endpoint a = at("192.0.2.1", 5000), b = at("198.51.100.1", 80);
  view_test::ConnectionScript details(b, a);
  feed.emit(details, EventKind::Midstream, Outcome::Midstream);
  details.record().tuple = {a, b};
  feed.emit(details, EventKind::Close, Outcome::Closed);
  const std::string text = print(view);
  EXPECT_THAT(text, HasSubstr("\n  192.0.2.1 "));
  EXPECT_THAT(text, Not(HasSubstr("\n  198.51.100.1")));
}

TEST(ClientsView, EscapesAHostileDestinationName) {
  ClientCriteria of = port_80();
  of.host_name = "evil\x1b[2J";
  of.hosts = {Address::parse("198.51.100.2").value()};
  ClientsView view({.max_hosts = 100, .seed = 1}, of);
  EXPECT_THAT(print(view), HasSubstr("evil\\x1b[2J"));
}

}  // namespace
}  // namespace synfin
