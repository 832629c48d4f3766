// Transfers with no server, or one that answers once. tests/check/notify.py and tests/store/ have
// real servers.
#include "synfin/net/transfers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "support/silent_server.h"
#include "synfin/base/descriptor.h"

namespace synfin::test {
namespace {

TransferRequest request_to_nobody(bool plain_http) {
  TransferRequest request;
  request.url = "http://127.0.0.1:1/";
  request.plain_http = plain_http;
  return request;
}

/// A server that answers the first request, and ends the connection of each further one without an
/// answer, as a server does that is killed while it works.
class DyingServer {
 public:
  DyingServer() : thread_([this] { work(); }) {}
  ~DyingServer() {
    ends_ = true;
    thread_.join();
  }

  TransferRequest request(bool idempotent) const {
    TransferRequest request;
    request.url = fmt::format("http://127.0.0.1:{}/", listener_.port());
    request.body = "rows";
    request.plain_http = true;
    request.idempotent = idempotent;
    return request;
  }
  int requests() const { return requests_; }

 private:
  bool readable(int fd) const {
    pollfd input{fd, POLLIN, 0};
    while (!ends_)
      if (poll(&input, 1, 20) > 0) return true;
    return false;
  }

  void work() {
    while (readable(listener_.listener()))
      serve(Descriptor(accept(listener_.listener(), nullptr, nullptr)));
  }

  void serve(const Descriptor& connection) {
    std::string text;
    while (readable(connection.get())) {
      std::array<char, 1000> some{};
      const ssize_t count = read(connection.get(), some.data(), some.size());
      if (count <= 0) return;
      text.append(some.data(), static_cast<std::size_t>(count));
      if (!text.ends_with("\r\n\r\nrows")) continue;
      text.clear();
      if (++requests_ > 1) return;
      const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      EXPECT_EQ(write(connection.get(), answer.data(), answer.size()), std::ssize(answer));
    }
  }

  SilentServer listener_;  ///< work() accepts what it receives
  std::atomic<bool> ends_ = false;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

TEST(Transfers, ARequestThatIsNotIdempotentIsSentOnce) {
  DyingServer server;
  Transfers transfers;
  EXPECT_EQ(transfers.run(server.request(false)).status, 200);
  const TransferAnswer answer = transfers.run(server.request(false));
  EXPECT_FALSE(answer.failure.empty());
  EXPECT_TRUE(answer.connected);
  EXPECT_EQ(server.requests(), 2);
}

TEST(Transfers, AnIdempotentRequestIsSentAgain) {
  DyingServer server;
  Transfers transfers;
  EXPECT_EQ(transfers.run(server.request(true)).status, 200);
  EXPECT_FALSE(transfers.run(server.request(true)).failure.empty());
  EXPECT_EQ(server.requests(), 3);
}

TEST(Transfers, AServerThatIsAwayWasNotConnected) {
  Transfers transfers;
  const TransferAnswer answer = transfers.run(request_to_nobody(true));
  EXPECT_FALSE(answer.failure.empty());
  EXPECT_FALSE(answer.connected);
  EXPECT_EQ(answer.status, 0);
}

TEST(Transfers, AnExceptionOfACallbackLeavesRun) {
  DyingServer server;
  TransferRequest request = server.request(false);
  request.take_header = [](std::string_view) { throw std::bad_alloc(); };
  Transfers transfers;
  EXPECT_THROW((void)transfers.run(std::move(request)), std::bad_alloc);
  EXPECT_FALSE(transfers.active());
}

TEST(Transfers, NoProxyGetsARequestWithoutTls) {
  DyingServer server;
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  TransferRequest request = server.request(false);
  request.uses_proxy = true;
  Transfers transfers;
  EXPECT_EQ(transfers.run(std::move(request)).status, 200);
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
}

TEST(Transfers, AProxyOfTheEnvironmentIsUsedIfItIsPermitted) {
  const DyingServer proxy;
  for (const char* const name : {"no_proxy", "NO_PROXY"}) unsetenv(name);
  setenv("https_proxy", proxy.request(false).url.c_str(), 1);
  Transfers transfers;
  for (const bool uses_proxy : {false, true}) {
    TransferRequest request;
    request.url = "https://127.0.0.1:1/";
    request.uses_proxy = uses_proxy;
    request.timeout = std::chrono::milliseconds{500};
    EXPECT_EQ(transfers.run(std::move(request)).connected, uses_proxy);
  }
  unsetenv("https_proxy");
}

TEST(Transfers, PlainHttpNeedsPermission) {
  Transfers transfers;
  const TransferAnswer answer = transfers.run(request_to_nobody(false));
  EXPECT_NE(answer.failure.find("rotocol"), std::string::npos) << answer.failure;
}

}  // namespace
}  // namespace synfin::test
