#include "view/open_facts.h"

#include <gtest/gtest.h>

#include <map>

#include "unit/view/view_samples.h"

namespace synfin {
namespace {

using view_samples::endpoint;
using view_samples::kNoon;

const FiveTuple kTuple{endpoint("192.0.2.1", 40000), endpoint("198.51.100.1", 443)};

std::map<std::string_view, std::string> facts(const ViewRequest& request) {
  std::map<std::string_view, std::string> all;
  for (const Fact& fact : open_facts(kTuple, request)) all[fact.name] = fact.value;
  return all;
}

HostSocket socket_at(const Endpoint& local, const Endpoint& remote, std::uint64_t acked) {
  HostSocket s;
  s.local = local;
  s.remote = remote;
  s.state = SocketState::Established;
  s.traffic = {.bytes_acked = acked, .bytes_received = 2048, .idle = std::chrono::seconds{3}};
  s.sent_rate = 512;
  return s;
}

TEST(OpenFacts, AsTheKernelKnowsThem) {
  HostSockets host;
  host.sockets.push_back(socket_at(kTuple.resp, kTuple.orig, 9));
  host.sockets.push_back(socket_at(kTuple.orig, kTuple.resp, 1025));
  ViewRequest request;
  request.now = kNoon;
  request.host = &host;
  auto all = facts(request);
  EXPECT_EQ(all["now"], "ESTABLISHED (by this host's kernel)");
  EXPECT_EQ(all["sent"], "1.0 KiB, 512 B/s");
  EXPECT_EQ(all["received"], "2.0 KiB");
  EXPECT_EQ(all["idle"].find("3"), 0u) << all["idle"];
  host.sockets.pop_back();
  all = facts(request);
  EXPECT_EQ(all["sent"], "2.0 KiB") << "the responder's socket: the other way round";
}

TEST(OpenFacts, AsThePacketsProveThem) {
  ConnectionRecord record;
  record.tuple = kTuple;
  record.first = kNoon - std::chrono::seconds{60};
  record.last = kNoon - std::chrono::seconds{20};
  OpenTraffic open(PacketScope::Control);
  open.update(std::span(&record, 1), kNoon,
              [](const ConnectionRecord&) { return std::optional(Phase::Established); });
  ViewRequest request;
  request.now = kNoon;
  request.open = &open;
  auto all = facts(request);
  EXPECT_EQ(all["now"], "ESTABLISHED (by the packets)");
  EXPECT_EQ(all["idle"].find("at most 20"), 0u) << all["idle"];
  EXPECT_EQ(all["sent"], "unknown");
}

TEST(OpenFacts, NothingIfItIsNotOpen) {
  HostSockets host;
  host.sockets.push_back(socket_at(kTuple.orig, endpoint("198.51.100.2", 443), 9));
  ViewRequest request;
  EXPECT_TRUE(facts(request).empty());
  request.host = &host;
  EXPECT_TRUE(facts(request).empty());
}

}  // namespace
}  // namespace synfin
