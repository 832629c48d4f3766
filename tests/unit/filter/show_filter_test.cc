#include "synfin/filter/show_filter.h"

#include <gtest/gtest.h>

#include "filter/show_socket.h"

namespace synfin {
namespace {

Event event_of(EventKind kind, Outcome outcome, std::uint16_t port) {
  Event event;
  event.kind = kind;
  event.connection.tuple = {{Address::parse("192.0.2.7").value(), 40000},
                            {Address::parse("198.51.100.1").value(), port}};
  event.connection.outcome = outcome;
  return event;
}

TEST(ShowFilter, SelectsEventsAndCountsRecords) {
  EnrichmentOptions options;
  options.no_geoip = true;
  Annotator annotator(options);
  ShowFilter filter(ShowExpression::parse("port:443 outcome:refused,closed").value());
  const std::vector<Event> events{
      event_of(EventKind::Syn, Outcome::Pending, 443),
      event_of(EventKind::Refused, Outcome::Refused, 443),
      event_of(EventKind::Record, Outcome::Refused, 443),
      event_of(EventKind::Record, Outcome::Closed, 80),
      event_of(EventKind::Record, Outcome::Open, 443),
  };
  const auto selected = filter.select(events, annotator);
  ASSERT_EQ(selected.size(), 2u);
  EXPECT_EQ(selected[0].kind, EventKind::Refused);
  EXPECT_EQ(selected[1].kind, EventKind::Record);
  EXPECT_FALSE(filter.matched(0));
  EXPECT_TRUE(filter.matched(1));
  EXPECT_FALSE(filter.matched(3));
  EXPECT_EQ(filter.omitted(), 2u);
  EXPECT_TRUE(filter.select({}, annotator).empty());
  EXPECT_EQ(filter.omitted(), 2u);
}

bool shows(std::string_view text, const SocketInfo& socket) {
  EndpointAnnotations owner;
  owner.pid = 4711;
  owner.user = "alice";
  owner.exe = "/usr/bin/dig";
  Annotations about{};
  about.resp.country = "NL";
  about.port_name = "domain";
  return shows_socket(ShowExpression::parse(text).value(), socket, owner, about);
}

TEST(ShowSocket, AsksASocket) {
  SocketInfo socket;
  socket.local = {Address::parse("192.0.2.7").value(), 40000};
  socket.remote = {Address::parse("198.51.100.1").value(), 53};
  socket.state = SocketState::Established;
  for (const char* text :
       {"", "port:53", "orig:192.0.2.7 resp:198.51.100.1", "process:dig user:alice pid:4711",
        "state:established outcome:open", "country:NL", "port:domain", "proto:tcp",
        "198.51.100.1:53", "-process:nginx"}) {
    EXPECT_TRUE(shows(text, socket)) << text;
  }
  EXPECT_FALSE(shows("port:54", socket));
  EXPECT_FALSE(shows("proto:udp", socket));
  socket.transport = Transport::Udp;
  socket.state = SocketState::Close;
  EXPECT_TRUE(shows("proto:udp state:established", socket));
  socket.remote = {};
  EXPECT_TRUE(shows("state:none resp:192.0.2.7 -country:nl", socket));
  EXPECT_FALSE(shows("outcome:open", socket));
}

}  // namespace
}  // namespace synfin
