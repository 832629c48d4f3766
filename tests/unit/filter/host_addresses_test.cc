// HostAddresses against a DNS server of the test: answers, expiry, failures.
#include "synfin/filter/host_addresses.h"

#include <gtest/gtest.h>

#include <atomic>

#include "support/dns_stub.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using Clock = HostAddresses::Clock;
using test::DnsReply;
using test::DnsStub;

constexpr int kA = 1;

std::unique_ptr<HostAddresses> hosts_of(const DnsStub& stub, std::vector<std::string> names) {
  DnsOptions options;
  options.server = stub.server();
  auto started = HostAddresses::start(options, std::move(names));
  EXPECT_TRUE(started);
  return std::move(*started);
}

using Names = std::vector<std::string>;

TEST(HostAddresses, BothFamilies) {
  const DnsStub stub([](const std::string& name, int type) -> std::optional<DnsReply> {
    if (!name.starts_with("web.")) return DnsReply{.code = 3};
    if (type == kA) return DnsReply{.addresses = {std::string("\xC0\x00\x02\x01", 4)}};
    return DnsReply{
        .addresses = {std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0') + '\x07'}};
  });
  const auto hosts = hosts_of(stub, {"web.example", "nothing.example"});
  hosts->wait(Clock::now() + 20s);
  EXPECT_EQ(hosts->names_of(*Address::parse("192.0.2.1")), Names{"web.example"});
  EXPECT_EQ(hosts->names_of(*Address::parse("2001:db8::7")), Names{"web.example"});
  EXPECT_EQ(hosts->names_of(*Address::parse("192.0.2.2")), Names{});
}

TEST(HostAddresses, AnExpiredAnswerIsAskedForAgain) {
  std::atomic<char> last{1};
  const DnsStub stub([&](const std::string&, int type) -> std::optional<DnsReply> {
    if (type != kA) return DnsReply{.code = 3};
    return DnsReply{.addresses = {std::string("\xC0\x00\x02", 3) + last.load()}};
  });
  const auto hosts = hosts_of(stub, {"web.example"});
  hosts->wait(Clock::now() + 20s);
  EXPECT_EQ(hosts->names_of(*Address::parse("192.0.2.1")), Names{"web.example"});
  last = 2;
  hosts->update(Clock::now() + 48h);
  hosts->wait(Clock::now() + 20s);
  EXPECT_EQ(hosts->names_of(*Address::parse("192.0.2.1")), Names{});
  EXPECT_EQ(hosts->names_of(*Address::parse("192.0.2.2")), Names{"web.example"});
}

TEST(HostAddresses, ADeadResolverDelaysNothing) {
  const DnsStub stub([](const std::string&, int) -> std::optional<DnsReply> { return {}; });
  const auto begin = Clock::now();
  {
    const auto hosts = hosts_of(stub, {"web.example"});
    for (int i = 0; i < 1000; ++i) hosts->update();
    EXPECT_EQ(hosts->names_of(*Address::parse("192.0.2.1")), Names{});
  }
  EXPECT_LT(Clock::now() - begin, 1s);
}

}  // namespace
}  // namespace synfin
