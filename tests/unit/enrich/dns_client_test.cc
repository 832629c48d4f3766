// DnsClient alone against a server on loopback: one answer for each question, in every case.
#include "synfin/enrich/dns_client.h"

#include <gtest/gtest.h>

#include <map>

#include "support/dns_stub.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Kind = DnsAnswer::Kind;
using test::DnsReply;
using test::DnsStub;

constexpr int kAddressType = 1;

Address numbered(std::uint32_t n) { return Address::from_v4(0x0A000000 + n); }

std::unique_ptr<DnsClient> client_of(const DnsStub& stub, DnsOptions options = {}) {
  options.server = stub.server();
  auto client = DnsClient::start(options);
  EXPECT_TRUE(client);
  return std::move(*client);
}

/// Asks about 10.0.0.0 and following, and returns the answers by number once `count` have arrived.
std::map<std::uint32_t, DnsAnswer> ask(DnsClient& client, std::uint32_t count, bool urgent = true) {
  std::vector<DnsQuestion> questions;
  for (std::uint32_t i = 0; i < count; ++i) questions.push_back({numbered(i), urgent});
  client.ask(questions);
  std::vector<DnsAnswer> answers;
  for (const auto end = Clock::now() + 60s; answers.size() < count && Clock::now() < end;) {
    client.wait(end);
    client.take(answers);
  }
  std::map<std::uint32_t, DnsAnswer> by_number;
  for (const DnsAnswer& a : answers) by_number[a.question.address.v4() - 0x0A000000] = a;
  EXPECT_EQ(answers.size(), count) << "each question gets one answer";
  EXPECT_EQ(by_number.size(), count);
  return by_number;
}

TEST(DnsClient, DistinguishesEachKindOfAnswer) {
  const DnsStub stub([](const std::string& name, int type) -> std::optional<DnsReply> {
    if (type == kAddressType) return DnsReply{.addresses = {std::string("\x0a\0\0\0", 4)}};
    if (name.starts_with("0.") || name.starts_with("1.")) {
      return DnsReply{.labels = {"host", "example"}, .ttl = 777};
    }
    if (name.starts_with("2.")) return DnsReply{.code = 3};
    if (name.starts_with("3.")) return DnsReply{};  // no error, and no record
    return DnsReply{.code = 5};
  });
  const auto client = client_of(stub);
  auto answers = ask(*client, 5);
  EXPECT_EQ(answers[0].kind, Kind::Name);
  EXPECT_EQ(answers[0].name, "host.example");
  EXPECT_EQ(answers[0].ttl, 777s);
  EXPECT_TRUE(answers[0].confirmed);
  EXPECT_EQ(answers[1].kind, Kind::Name);
  EXPECT_FALSE(answers[1].confirmed) << "the name leads to 10.0.0.0";
  EXPECT_EQ(answers[2].kind, Kind::Nameless);
  EXPECT_EQ(answers[3].kind, Kind::Nameless);
  EXPECT_EQ(answers[4].kind, Kind::Failed);
}

TEST(DnsClient, ASilentServerIsAFailureAfterAllTries) {
  const DnsStub stub([](const std::string&, int) { return std::nullopt; });
  const auto client = client_of(stub, {.timeout = 20ms, .tries = 3});
  EXPECT_EQ(ask(*client, 1)[0].kind, Kind::Failed);
  EXPECT_EQ(stub.questions(), 3);
}

TEST(DnsClient, MoreQuestionsThanMayBeOnTheirWayAreAllAnswered) {
  const DnsStub stub([](const std::string&, int) { return DnsReply{.code = 3}; });
  const auto client = client_of(stub, {.in_flight = 3, .timeout = 20s});
  for (const auto& [n, answer] : ask(*client, 500)) EXPECT_EQ(answer.kind, Kind::Nameless) << n;
  EXPECT_EQ(stub.questions(), 500);
}

TEST(DnsClient, BackgroundQuestionsBeyondTheQueueAreAnsweredAtOnce) {
  const DnsStub stub([](const std::string&, int) { return DnsReply{.code = 3}; });
  const auto client =
      client_of(stub, {.timeout = 20s, .background_per_second = 1000, .background_queue = 10});
  int not_sent = 0;
  for (const auto& [n, answer] : ask(*client, 100, false)) not_sent += answer.kind == Kind::NotSent;
  EXPECT_EQ(not_sent, 90);
  EXPECT_EQ(stub.questions(), 10);
}

TEST(DnsClient, WaitEndsAtItsDeadlineAndTheClientAtOnce) {
  const DnsStub stub([](const std::string&, int) { return std::nullopt; });
  const auto client = client_of(stub, {.timeout = 60s});
  const DnsQuestion question{numbered(1), true};
  client->ask({&question, 1});
  const auto begin = Clock::now();
  client->wait(begin + 50ms);
  EXPECT_GE(Clock::now() - begin, 50ms);
  std::vector<DnsAnswer> answers;
  client->take(answers);
  EXPECT_TRUE(answers.empty());
}  // a client that waited for its answer would run into the test's time-out

TEST(DnsClient, WhatIsNoServer) {
  for (const char* text : {"192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:5353"}) {
    EXPECT_TRUE(is_dns_server(text)) << text;
  }
  for (const char* text :
       {"", ":53", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:x", "192.0.2.1:-1",
        "dns.example", "[192.0.2.1]:53", "[2001:db8::1]", "[]:53", "192.0.2.1,192.0.2.2"}) {
    EXPECT_FALSE(is_dns_server(text)) << text;
  }
}

}  // namespace
}  // namespace synfin
