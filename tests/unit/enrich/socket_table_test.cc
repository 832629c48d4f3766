// SocketTable against real sockets on loopback.
#include "synfin/enrich/socket_table.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace synfin {
namespace {

/// A TCP socket that closes itself.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() { close_now(); }
  void close_now() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int fd() const { return fd_; }

  Endpoint local() const { return name(getsockname); }
  Endpoint remote() const { return name(getpeername); }
  std::uint64_t inode() const {
    struct stat status {};
    fstat(fd_, &status);
    return status.st_ino;
  }

 private:
  template <typename Call>
  Endpoint name(Call call) const {
    sockaddr_in6 at{};
    socklen_t size = sizeof at;
    call(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&at);
    return {at.sin6_family == AF_INET ? Address::load_v4(bytes + 4) : Address::load_v6(bytes + 8),
            ntohs(at.sin6_port)};
  }
  int fd_;
};

sockaddr_in6 socket_address(const char* address, std::uint16_t port, socklen_t& size) {
  sockaddr_in6 at{};
  if (inet_pton(AF_INET6, address, &at.sin6_addr) == 1) {
    at.sin6_family = AF_INET6;
    at.sin6_port = htons(port);
    size = sizeof at;
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    inet_pton(AF_INET, address, &v4.sin_addr);
    std::memcpy(&at, &v4, sizeof v4);
    size = sizeof v4;
  }
  return at;
}

Socket listen_on(const char* address, bool only_v6 = false) {
  socklen_t size = 0;
  const sockaddr_in6 at = socket_address(address, 0, size);
  Socket s(socket(at.sin6_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = only_v6;
  if (at.sin6_family == AF_INET6) setsockopt(s.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  EXPECT_EQ(bind(s.fd(), reinterpret_cast<const sockaddr*>(&at), size), 0) << strerror(errno);
  EXPECT_EQ(listen(s.fd(), 8), 0);
  return s;
}

Socket connect_to(const char* address, std::uint16_t port) {
  socklen_t size = 0;
  const sockaddr_in6 at = socket_address(address, port, size);
  Socket s(socket(at.sin6_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(s.fd(), reinterpret_cast<const sockaddr*>(&at), size), 0) << strerror(errno);
  return s;
}

Socket accept_on(const Socket& listener) {
  return Socket(accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
}

bool has_ipv6() {
  socklen_t size = 0;
  const sockaddr_in6 at = socket_address("::1", 0, size);
  const Socket s(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return bind(s.fd(), reinterpret_cast<const sockaddr*>(&at), size) == 0;
}

class Sockets : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = SocketTable::open();
    ASSERT_TRUE(opened) << opened.error().message;
    table_.emplace(std::move(*opened));
  }
  std::optional<SocketInfo> find(const Endpoint& local, const Endpoint& remote) {
    const auto found = table_->find(local, remote);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : std::nullopt;
  }
  std::optional<SocketTable> table_;
};

TEST_F(Sockets, BothEndsOfALoopbackConnectionAreFound) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    if (std::string_view(address) == "::1" && !has_ipv6()) continue;
    const Socket listener = listen_on(address);
    const Socket client = connect_to(address, listener.local().port);
    const Socket server = accept_on(listener);
    const auto ours = find(client.local(), client.remote());
    ASSERT_TRUE(ours) << address;
    EXPECT_EQ(ours->inode, client.inode());
    EXPECT_EQ(ours->uid, getuid());
    EXPECT_EQ(ours->state, SocketState::Established);
    EXPECT_EQ(ours->local, client.local());
    EXPECT_EQ(ours->remote, client.remote());
    const auto theirs = find(client.remote(), client.local());
    ASSERT_TRUE(theirs) << address;
    EXPECT_EQ(theirs->inode, server.inode());
  }
}

TEST_F(Sockets, CountsBytes) {
  const Socket listener = listen_on("127.0.0.1");
  const Socket client = connect_to("127.0.0.1", listener.local().port);
  const Socket server = accept_on(listener);
  char bytes[3000] = {};
  ASSERT_EQ(send(client.fd(), bytes, 3000, 0), 3000);
  ASSERT_EQ(recv(server.fd(), bytes, 3000, MSG_WAITALL), 3000);
  ASSERT_EQ(send(server.fd(), bytes, 70, 0), 70);
  ASSERT_EQ(recv(client.fd(), bytes, 70, MSG_WAITALL), 70);
  const auto info = find(client.local(), client.remote());
  ASSERT_TRUE(info && info->traffic);
  EXPECT_EQ(info->traffic->bytes_received, 70u);
  EXPECT_GE(info->traffic->bytes_acked, 3000u);
  EXPECT_LE(info->traffic->bytes_acked, 3001u) << "Linux counts the SYN on some paths";
}

TEST_F(Sockets, StatesFollowTheConnection) {
  const Socket listener = listen_on("127.0.0.1");
  Socket client = connect_to("127.0.0.1", listener.local().port);
  Socket server = accept_on(listener);
  const Endpoint local = client.local(), remote = client.remote();
  client.close_now();
  const auto half = find(remote, local);
  ASSERT_TRUE(half);
  EXPECT_EQ(half->state, SocketState::CloseWait);
  const auto closed = find(local, remote);
  ASSERT_TRUE(closed);
  EXPECT_TRUE(closed->state == SocketState::FinWait1 || closed->state == SocketState::FinWait2)
      << to_string(closed->state) << ": the FIN may be acknowledged a moment later";
  server.close_now();
  EXPECT_FALSE(find(remote, local)) << "the one who closed last is gone at once";
  const auto waiting = find(local, remote);
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->state, SocketState::TimeWait);
  EXPECT_EQ(waiting->inode, 0u);
  EXPECT_FALSE(waiting->traffic);
}

TEST_F(Sockets, WhatIsNotThereIsNotFound) {
  const Socket listener = listen_on("127.0.0.1");
  const Endpoint here = listener.local();
  EXPECT_FALSE(find(here, {Address::from_v4(0x7F000001), 9}))
      << "a listener is not the socket of a connection";
  EXPECT_FALSE(find({Address::from_v4(0xC0000201), 1}, {Address::from_v4(0xC0000202), 2}));
  EXPECT_FALSE(
      find({Address::parse("2001:db8::1").value(), 1}, {Address::parse("2001:db8::2").value(), 2}));
}

TEST_F(Sockets, ListenersAreFoundByWhatTheyServe) {
  const Socket exact = listen_on("127.0.0.1");
  const Socket any = listen_on("0.0.0.0");
  for (const Socket* listener : {&exact, &any}) {
    const auto found =
        table_->find_listener({Address::from_v4(0x7F000001), listener->local().port});
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->inode, listener->inode());
    EXPECT_TRUE((*found)->listening());
  }
  const auto elsewhere = table_->find_listener({Address::from_v4(0x7F000002), exact.local().port});
  ASSERT_TRUE(elsewhere);
  EXPECT_FALSE(*elsewhere);
}

TEST_F(Sockets, ADualStackListenerServesIpv4) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  const Socket both = listen_on("::"), six = listen_on("::", true);
  const auto target = [](const Socket& s) {
    return Endpoint{Address::from_v4(0x7F000001), s.local().port};
  };
  const auto found = table_->find_listener(target(both));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->inode, both.inode());
  EXPECT_TRUE((*found)->serves(target(both)));
  const auto none = table_->find_listener(target(six));
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  const Socket client = connect_to("127.0.0.1", both.local().port);
  const Socket server = accept_on(both);
  const auto mapped = find(client.remote(), client.local());
  ASSERT_TRUE(mapped) << "an IPv6 socket that carries IPv4 is found by its IPv4 addresses";
  EXPECT_EQ(mapped->inode, server.inode());
}

TEST_F(Sockets, TheListHoldsThemAll) {
  const Socket listener = listen_on("127.0.0.1");
  std::vector<Socket> ends;
  for (int i = 0; i < 200; ++i) {
    ends.push_back(connect_to("127.0.0.1", listener.local().port));
    ends.push_back(accept_on(listener));
  }
  const auto listed = table_->list();
  ASSERT_TRUE(listed) << listed.error().message;
  const auto has = [&](const Socket& s) {
    return std::any_of(listed->begin(), listed->end(),
                       [&](const SocketInfo& info) { return info.inode == s.inode(); });
  };
  for (const Socket& end : ends) EXPECT_TRUE(has(end));
  EXPECT_TRUE(has(listener));
  const auto listening = table_->list({SocketState::Listen});
  ASSERT_TRUE(listening);
  EXPECT_TRUE(std::all_of(listening->begin(), listening->end(),
                          [](const SocketInfo& info) { return info.listening(); }));
  EXPECT_TRUE(std::any_of(listening->begin(), listening->end(), [&](const SocketInfo& info) {
    return info.inode == listener.inode() && info.serves(listener.local());
  }));
}

TEST_F(Sockets, AMovedTableWorks) {
  SocketTable other = std::move(*table_);
  EXPECT_TRUE(other.list());
  EXPECT_FALSE(table_->list());
}

TEST(SocketState, Names) {
  EXPECT_EQ(to_string(SocketState::Established), "ESTABLISHED");
  EXPECT_EQ(to_string(SocketState::Listen), "LISTEN");
  EXPECT_EQ(to_string(SocketState::NewSynRecv), "NEW_SYN_RECV");
  EXPECT_EQ(to_string(static_cast<SocketState>(77)), "UNKNOWN");
}

}  // namespace
}  // namespace synfin
