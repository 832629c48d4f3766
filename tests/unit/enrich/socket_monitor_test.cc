// SocketMonitor on real sockets of loopback: one list for all consumers, and single look-ups.
#include "synfin/enrich/socket_monitor.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "synfin/base/descriptor.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;

/// A listener on a free port of loopback.
class MonitoredListener {
 public:
  MonitoredListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_.get(), any, size), 0);
    EXPECT_EQ(listen(socket_.get(), 1), 0);
    getsockname(socket_.get(), any, &size);
    end_ = {Address::from_v4(INADDR_LOOPBACK), ntohs(address.sin_port)};
  }
  const Endpoint& end() const { return end_; }

 private:
  Descriptor socket_;
  Endpoint end_;
};

bool lists(const SocketSnapshot& snapshot, const Endpoint& local) {
  return std::any_of(snapshot.sockets.begin(), snapshot.sockets.end(),
                     [&](const SocketInfo& s) { return s.listening() && s.local == local; });
}

TEST(SocketMonitor, SharesAListUntilItIsTooOld) {
  auto monitor = SocketMonitor::open();
  ASSERT_TRUE(monitor.ok());
  const auto begin = SocketMonitor::Clock::now();
  const MonitoredListener first;
  const auto one = (*monitor)->snapshot(1s, begin);
  ASSERT_TRUE(one);
  EXPECT_TRUE(lists(*one, first.end()));
  const MonitoredListener second;
  EXPECT_EQ((*monitor)->snapshot(1s, begin + 999ms), one) << "young enough";
  const auto two = (*monitor)->snapshot(1s, begin + 1s);
  ASSERT_TRUE(two);
  EXPECT_NE(two, one);
  EXPECT_EQ(two->number, one->number + 1);
  EXPECT_TRUE(lists(*two, second.end()));
  EXPECT_FALSE(lists(*one, second.end())) << "a snapshot never changes";
}

TEST(SocketMonitor, FindsASingleSocketWithoutAList) {
  auto monitor = SocketMonitor::open();
  ASSERT_TRUE(monitor.ok());
  const MonitoredListener listener;
  const auto found = (*monitor)->find_listener(listener.end());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->local, listener.end());
  EXPECT_FALSE((*monitor)->find(listener.end(), {Address::from_v4(INADDR_LOOPBACK), 9}));
}

}  // namespace
}  // namespace synfin
