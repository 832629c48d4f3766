// HostNames and DnsClient against a DNS server that is slow, dead or hostile.
#include "synfin/enrich/host_names.h"

#include <gtest/gtest.h>

#include "support/cpu_time.h"
#include "support/dns_stub.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using test::DnsReply;
using test::DnsStub;

constexpr int kPtrType = 12, kAType = 1;
Address v4(std::uint32_t n) { return Address::from_v4(0x0A000000 + n); }

std::string bytes_of(const Address& a) {
  std::uint8_t bytes[16];
  const std::size_t n = a.store(bytes);
  return {reinterpret_cast<const char*>(bytes), n};
}

/// Answers that every address is host.example, which is at 10.0.0.1 and 2001:db8::1.
std::optional<DnsReply> host_example(const std::string&, int type) {
  if (type == kPtrType) return DnsReply{.labels = {"host", "example"}};
  if (type == kAType) return DnsReply{.addresses = {bytes_of(v4(1))}};
  return DnsReply{.addresses = {bytes_of(*Address::parse("2001:db8::1"))}};
}

std::unique_ptr<HostNames> names_of(const DnsStub& stub, DnsOptions options = {},
                                    std::size_t most = 100'000) {
  options.server = stub.server();
  auto started = HostNames::start(options, most);
  EXPECT_TRUE(started);
  return std::move(*started);
}

/// Longer than any test runs, so that waiting for an answer that never arrives fails the test.
const DnsOptions kLongTimeout{.timeout = 60s};

/// Asks, waits up to 20 s, and returns the name.
const HostName* name_of(HostNames& names, const Address& address) {
  names.look_up(address, NameReason::Established);
  names.wait(Clock::now() + 20s);
  return names.look_up(address, NameReason::Established);
}

TEST(HostNames, ANameThatResolvesToTheAddressIsConfirmed) {
  const DnsStub stub(host_example);
  const auto names = names_of(stub);
  for (const char* text : {"10.0.0.1", "2001:db8::1"}) {
    const HostName* name = name_of(*names, *Address::parse(text));
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(name->text, "host.example");
    EXPECT_TRUE(name->confirmed);
  }
  const HostName* other = name_of(*names, v4(2));
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->confirmed) << "the name belongs to another address";
}

TEST(HostNames, AsksForTheReverseName) {
  std::string v4_name, v6_name;
  {
    const DnsStub stub([&](const std::string& name, int) -> std::optional<DnsReply> {
      (name.find("ip6") == name.npos ? v4_name : v6_name) = name;
      return DnsReply{.code = 3};
    });
    const auto names = names_of(stub);
    EXPECT_FALSE(name_of(*names, *Address::parse("192.0.2.77")));
    EXPECT_FALSE(name_of(*names, *Address::parse("2001:db8::a1")));
    EXPECT_EQ(names->counts().nameless, 2u);
  }
  EXPECT_EQ(v4_name, "77.2.0.192.in-addr.arpa.");
  EXPECT_EQ(v6_name, "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.");
}

TEST(HostNames, AnswersAndMissesAreCached) {
  const DnsStub stub([](const std::string& name, int type) -> std::optional<DnsReply> {
    if (name.starts_with("9.")) return DnsReply{.code = 3};
    return host_example(name, type);
  });
  const auto names = names_of(stub);
  EXPECT_TRUE(name_of(*names, v4(1)));
  EXPECT_FALSE(name_of(*names, v4(9)));
  const int asked = stub.questions();
  for (int i = 0; i < 100; ++i) {
    names->look_up(v4(1), NameReason::Established);
    names->look_up(v4(9), NameReason::Established);
    names->take_answers();
  }
  EXPECT_TRUE(name_of(*names, v4(2)));
  EXPECT_EQ(stub.questions(), asked + 2) << "only the PTR and A queries of the new address";
}

TEST(HostNames, AnExpiredAnswerIsRefreshed) {
  const DnsStub stub(host_example);  // with a TTL of 300 s
  const auto names = names_of(stub);
  EXPECT_TRUE(name_of(*names, v4(1)));
  const int asked = stub.questions();
  names->take_answers(Clock::now() + 299s);
  EXPECT_TRUE(names->look_up(v4(1), NameReason::Established));
  names->take_answers(Clock::now() + 301s);
  EXPECT_TRUE(names->look_up(v4(1), NameReason::Established)) << "the old name, until the answer";
  names->wait(Clock::now() + 20s);
  EXPECT_EQ(stub.questions(), asked + 2);
}

TEST(HostNames, HostileNamesAreShortAndUnconfirmed) {
  const DnsStub stub([](const std::string& name, int type) -> std::optional<DnsReply> {
    if (type != kPtrType) return DnsReply{.code = 2};
    if (name.starts_with("1.")) return DnsReply{.labels = {"\x1b[2J\x07", "evil\n"}};
    if (name.starts_with("2."))
      return DnsReply{.labels = std::vector<std::string>(5, std::string(60, 'a'))};
    return DnsReply{.addresses = {std::string("\xc0\x0c", 2)}};  // a name that points to itself
  });
  const auto names = names_of(stub);
  const HostName* evil = name_of(*names, v4(1));
  if (evil) {
    EXPECT_FALSE(evil->confirmed);
    EXPECT_EQ(evil->text.find('\n'), std::string::npos);
    EXPECT_EQ(evil->text.find('\x1b'), std::string::npos);
  }
  const HostName* longest = name_of(*names, v4(2));
  EXPECT_TRUE(!longest || longest->text.size() <= 255);
  name_of(*names, v4(3));
}

TEST(HostNames, ADeadResolverDelaysNothing) {
  const DnsStub stub([](const std::string&, int) -> std::optional<DnsReply> { return {}; });
  const auto names = names_of(stub, kLongTimeout);
  const auto begin = Clock::now();
  const auto before = test::cpu_time();
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    names->look_up(v4(i), NameReason::Established);
    if (i % 256 == 0) names->take_answers();
  }
  EXPECT_LT(test::cpu_time() - before, 500ms);
  const auto waiting = Clock::now();
  names->wait(waiting + 300ms);
  EXPECT_GE(Clock::now() - waiting, 300ms);
  EXPECT_LT(Clock::now() - begin, 20s) << "nothing waited for an answer";
  EXPECT_EQ(names->counts().unresolved, 10'000u);
}

TEST(HostNames, TenThousandNamesOfASlowResolver) {
  const DnsStub stub(host_example, 20ms);
  const auto names = names_of(stub);
  const auto begin = Clock::now();
  for (std::uint32_t i = 0; i < 10'000; ++i) names->look_up(v4(i), NameReason::Established);
  names->wait(begin + 60s);
  EXPECT_LT(Clock::now() - begin, 30s) << "one by one, with two questions each, they take 400 s";
  EXPECT_EQ(names->counts().named, 10'000u);
}

TEST(HostNames, AFloodOfAttemptsCausesFewQueries) {
  const DnsStub stub([](const std::string&, int) { return DnsReply{.code = 3}; });
  const auto names = names_of(stub, {.background_per_second = 50, .background_queue = 100});
  const auto begin = Clock::now();
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    names->look_up(v4(i), NameReason::Attempt);
    if (i % 256 == 0) names->take_answers();
  }
  names->wait(begin + 1s);
  stub.wait_for_questions(10);
  const int asked = stub.questions();
  const std::chrono::duration<double> took = Clock::now() - begin;
  EXPECT_GE(asked, 10);
  EXPECT_LE(asked, 20 + 50 * took.count());
  EXPECT_TRUE(names->counts().some_not_asked);
}

TEST(HostNames, EstablishedAddressesAreAskedFirst) {
  const DnsStub stub(host_example);
  const auto names = names_of(stub, {.background_per_second = 1});
  for (std::uint32_t i = 0; i < 500; ++i) names->look_up(v4(i), NameReason::Attempt);
  names->take_answers();
  names->look_up(v4(400), NameReason::Established);
  const auto end = Clock::now() + 20s;
  while (!names->look_up(v4(400), NameReason::Established) && Clock::now() < end) {
    names->wait(Clock::now() + 10ms);
  }
  EXPECT_TRUE(names->look_up(v4(400), NameReason::Established));
  EXPECT_LT(stub.questions(), 100) << "before the 399 earlier attempts";
}

TEST(HostNames, MemoryIsBounded) {
  const DnsStub stub([](const std::string&, int) { return DnsReply{.code = 3}; });
  const auto names = names_of(stub, {}, 100);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    names->look_up(v4(i), NameReason::Established);
    names->take_answers();
  }
  names->wait(Clock::now() + 20s);
  names->take_answers();
  const auto counts = names->counts();
  EXPECT_LE(counts.nameless + counts.unresolved, 100u);
}

TEST(HostNames, EndsAtOnceWithQueriesInFlight) {
  const DnsStub stub([](const std::string&, int) -> std::optional<DnsReply> { return {}; });
  const auto begin = Clock::now();
  {
    const auto names = names_of(stub, kLongTimeout);
    for (std::uint32_t i = 0; i < 1000; ++i) names->look_up(v4(i), NameReason::Established);
    names->take_answers();
    stub.wait_for_questions(1);
  }
  EXPECT_LT(Clock::now() - begin, 20s);
}

TEST(DnsServer, AnAddressWithOrWithoutAPort) {
  for (const char* good : {"192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:5353"}) {
    EXPECT_TRUE(is_dns_server(good)) << good;
  }
  for (const char* bad : {"", "dns.example", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:99999",
                          "[192.0.2.1]:53", "[2001:db8::1]", "192.0.2.1:5x"}) {
    EXPECT_FALSE(is_dns_server(bad)) << bad;
  }
}

}  // namespace
}  // namespace synfin
