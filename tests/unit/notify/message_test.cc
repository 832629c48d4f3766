// Messages: what they say about a change, that they survive storage, and how they are grouped.
#include "notify/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin {
namespace {

Change opened(std::uint32_t host, std::uint16_t port) {
  Change change;
  change.id = "00000000000000" + std::to_string(10 + port % 90);
  change.kind = ChangeKind::NewPort;
  change.time = timestamp_from_ns(1'700'000'000'000'000'000);
  change.host.ip = Address::from_v4(host);
  change.port.port = port;
  change.port.state = PortState::Open;
  change.port.was = PortState::Closed;
  change.port.witnesses = 3;
  return change;
}

std::string fact(const Message& message, std::string_view key) {
  for (const MessageFact& one : message.facts) {
    if (one.key == key) return one.value;
  }
  return "-";
}

TEST(Message, SaysAllAboutAChange) {
  Change change = opened(0xC0000201, 5432);
  change.host.name = "db.example.net";
  change.host.country = "NL";
  change.host.asn = 64496;
  change.host.as_org = "Example";
  change.port.process = "postgres (user postgres, pid 812)";
  change.evidence = "a SYN-ACK fitted its SYN";
  const Message message = message_of(change);
  EXPECT_EQ(message.title,
            "192.0.2.1 (db.example.net): port 5432/tcp is now open: postgres (user postgres, pid "
            "812)");
  EXPECT_EQ(message.host, "192.0.2.1");
  EXPECT_EQ(message.change, "new_port");
  EXPECT_EQ(fact(message, "network"), "AS64496 Example");
  EXPECT_EQ(fact(message, "country"), "NL");
  EXPECT_EQ(fact(message, "was"), "closed");
  EXPECT_EQ(fact(message, "witnesses"), "3");
  EXPECT_EQ(fact(message, "cause"), "a SYN-ACK fitted its SYN");
}

TEST(Message, ANewHostHasItsPorts) {
  Change change;
  change.kind = ChangeKind::NewHost;
  change.host.ip = Address::from_v4(0xC0000202);
  change.ports.resize(2);
  change.ports[0].port = 22;
  change.ports[0].name = "ssh";
  change.ports[1].port = 53;
  change.ports[1].transport = Transport::Udp;
  const Message message = message_of(change);
  EXPECT_EQ(message.title, "New host 192.0.2.2 with 2 open ports");
  EXPECT_EQ(message.lines, (std::vector<std::string>{"22/tcp ssh", "53/udp"}));
  change.more_ports = 40;
  EXPECT_EQ(message_of(change).title, "New host 192.0.2.2 with 42 open ports");
  EXPECT_EQ(message_of(change).more_lines, 40U);
}

TEST(Message, GroupsCount) {
  std::vector<Message> messages;
  for (std::uint32_t i = 0; i < 37; ++i)
    messages.push_back(message_of(opened(0xC0000201 + i % 3, static_cast<std::uint16_t>(100 + i))));
  EXPECT_EQ(group_of(messages).title, "37 ports opened on 3 hosts");
  EXPECT_EQ(group_of(messages).id, messages[0].id + "+36");
  EXPECT_EQ(group_of(messages).lines.size(), 37U);
  messages[5].change = "closed";
  EXPECT_EQ(group_of(messages).title, "36 ports opened, 1 port closed on 3 hosts");
}

TEST(Message, SurvivesStorage) {
  Message message = message_of(opened(0xC0000201, 80));
  message.title = std::string("12:34\0\n", 7);
  message.lines = {"", "5:", "a"};
  message.more_lines = 7;
  const auto again = unpack(pack(message));
  ASSERT_TRUE(again);
  EXPECT_EQ(pack(*again), pack(message));
  EXPECT_EQ(again->title, message.title);
  EXPECT_EQ(again->lines, message.lines);
  EXPECT_EQ(again->more_lines, 7U);
  EXPECT_EQ(again->time, message.time);
}

TEST(Message, OtherBytesAreNoMessage) {
  const std::string bytes = pack(message_of(opened(0xC0000201, 80)));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(unpack(bytes.substr(0, size))) << size;
  EXPECT_FALSE(unpack("99999999999999999999:x"));
  EXPECT_FALSE(unpack(bytes + "x"));
}

TEST(Message, DigestsListChangesAndHosts) {
  Digest digest;
  digest.id = "d";
  digest.hosts_total = 1;
  digest.ports_total = 2;
  digest.changes = {opened(0xC0000201, 80)};
  digest.changes_total = 5;
  digest.hosts.resize(1);
  digest.hosts[0].host.ip = Address::from_v4(0xC0000201);
  digest.hosts[0].ports.resize(2);
  digest.hosts[0].ports[0].port = 22;
  digest.hosts[0].ports[1].port = 80;
  const Message message = message_of(digest);
  EXPECT_THAT(message.title, testing::StartsWith("1 host with 2 open ports, 5 changes since "));
  EXPECT_THAT(message.lines, testing::ElementsAre("192.0.2.1: port 80/tcp is now open",
                                                  "192.0.2.1: 22/tcp 80/tcp"));
  EXPECT_EQ(message.more_lines, 4U);
  EXPECT_EQ(fact(message, "new_port"), "1");
  EXPECT_EQ(fact(message, "hosts_not_stored"), "-");
  digest.hosts_not_stored = 7;
  EXPECT_EQ(fact(message_of(digest), "hosts_not_stored"), "7");
  digest.hosts[0].more_ports = 1000;
  EXPECT_EQ(message_of(digest).lines.back(), "192.0.2.1: 22/tcp 80/tcp and 1,000 more");
  digest.hosts.resize(500);
  EXPECT_EQ(message_of(digest).lines.size(), 200U);
  EXPECT_EQ(message_of(digest).more_lines, 4U + 301U);
}

TEST(Message, NamesItsKinds) {
  for (int kind = 0; kind < kMessageKinds; ++kind)
    EXPECT_EQ(message_kind(to_string(static_cast<MessageKind>(kind))),
              static_cast<MessageKind>(kind));
  EXPECT_FALSE(message_kind("nothing"));
  EXPECT_EQ(fact_label({"known_open_ports", ""}), "Known open ports");
}

}  // namespace
}  // namespace synfin
