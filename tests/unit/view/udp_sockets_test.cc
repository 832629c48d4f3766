// UdpSockets against real sockets on loopback.
#include "synfin/view/udp_sockets.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "unit/view/view_samples.h"

namespace synfin {
namespace {

/// A UDP socket on 127.0.0.1 that closes itself.
class UdpSocket {
 public:
  UdpSocket() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in at = loopback(0);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }
  ~UdpSocket() { close(fd_); }
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  std::uint16_t port() const {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
  }
  void connect_to(std::uint16_t port) const {
    const sockaddr_in at = loopback(port);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
  }
  int fd_;
};

class UdpSocketsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto table = SocketTable::open();
    if (!table || !table->for_each_udp([](const SocketInfo&) {}))
      GTEST_SKIP() << "this kernel lists no UDP sockets";
  }
  /// Lists when `later` seconds more have passed; only sockets whose local port is in `ports_` are
  /// wanted.
  void list(int later) {
    now_ += std::chrono::seconds{later};
    sockets_.list_new(netstat_, now_, view_samples::kNoon,
                      [this](const SocketInfo& s) -> std::optional<EndpointAnnotations> {
                        if (ports_.count(s.local.port) == 0) return std::nullopt;
                        EndpointAnnotations owner;
                        owner.pid = 4711;
                        owner.user = "alice";
                        owner.exe = "/usr/bin/dig";
                        return owner;
                      });
  }
  std::string lines() {
    std::string out;
    view_samples::NoNames names;
    netstat_.print_new(out, {}, names);
    return out;
  }

  Locality locality_{{}, {}};
  NetstatView netstat_{{}, locality_};
  UdpSockets sockets_;
  UdpSockets::Clock::time_point now_{};
  std::set<std::uint16_t> ports_;
};

TEST_F(UdpSocketsTest, ListsEachSocketOnce) {
  const UdpSocket server, client;
  ports_ = {server.port(), client.port()};
  client.connect_to(server.port());
  list(1);
  const std::string text = lines();
  const std::string server_text = "127.0.0.1:" + std::to_string(server.port());
  const std::string client_text = "127.0.0.1:" + std::to_string(client.port());
  EXPECT_NE(text.find(" udp "), std::string::npos) << text;
  EXPECT_NE(text.find("0.0.0.0:*                NONE"), std::string::npos) << text;
  EXPECT_NE(text.find("ESTABLISHED    4711 /usr/bin/dig"), std::string::npos) << text;
  EXPECT_NE(text.find(server_text), std::string::npos) << text;
  EXPECT_NE(text.find(client_text), std::string::npos) << text;
  list(1);
  EXPECT_EQ(lines(), "");
}

TEST_F(UdpSocketsTest, ListsASocketThatFindsAPeer) {
  const UdpSocket server, client;
  ports_ = {client.port()};
  list(1);
  EXPECT_NE(lines().find(" NONE "), std::string::npos);
  client.connect_to(server.port());
  list(1);
  EXPECT_NE(lines().find(" ESTABLISHED "), std::string::npos);
}

TEST_F(UdpSocketsTest, AsksAtMostOnceASecond) {
  list(1);
  const UdpSocket late;
  ports_ = {late.port()};
  list(0);
  EXPECT_EQ(lines(), "");
  list(1);
  EXPECT_NE(lines(), "");
}

}  // namespace
}  // namespace synfin
