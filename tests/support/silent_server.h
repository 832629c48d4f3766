/// \file
/// SilentServer: accepts connections on loopback, and never answers.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "synfin/base/descriptor.h"

namespace synfin::test {

class SilentServer {
 public:
  SilentServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_.get(), plain, size), 0);
    EXPECT_EQ(listen(listener_.get(), 8), 0);
    EXPECT_EQ(getsockname(listener_.get(), plain, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  std::uint16_t port() const { return port_; }
  int listener() const { return listener_.get(); }

 private:
  Descriptor listener_{socket(AF_INET, SOCK_STREAM, 0)};
  std::uint16_t port_ = 0;
};

}  // namespace synfin::test
