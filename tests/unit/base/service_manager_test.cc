// ServiceManager: what systemd receives, and when.
#include "synfin/base/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace synfin {
namespace {

ServiceManager::Clock::time_point at(int second) {
  return ServiceManager::Clock::time_point{std::chrono::seconds{second}};
}
static_assert(ServiceManager::Clock::is_steady, "a clock that is set back starves the watchdog");

class Manager : public testing::Test {
 protected:
  Manager() : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    std::filesystem::remove(path_);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~Manager() override {
    close(socket_);
    unsetenv("NOTIFY_SOCKET");
    std::filesystem::remove(path_);
  }
  std::string received() {
    char buffer[100];
    const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
    return size < 0 ? "" : std::string(buffer, static_cast<std::size_t>(size));
  }

  std::string path_ =
      std::filesystem::temp_directory_path() / ("synfin-manager-" + std::to_string(getpid()));
  int socket_;
};

TEST_F(Manager, IsReadyWithTheFirstProgress) {
  ServiceManager manager;
  manager.update(0, at(100));
  EXPECT_EQ(received(), "");
  manager.update(1, at(101));
  EXPECT_EQ(received(), "READY=1");
  EXPECT_EQ(received(), "");
}

TEST_F(Manager, FeedsTheWatchdogWhileThereIsProgress) {
  ServiceManager manager;
  manager.update(1, at(100));
  EXPECT_EQ(received(), "READY=1");
  manager.update(2, at(102));
  EXPECT_EQ(received(), "WATCHDOG=1");
  manager.update(2, at(104));
  EXPECT_EQ(received(), "") << "the packet thread hangs";
  manager.stopping();
  EXPECT_EQ(received(), "STOPPING=1");
}

TEST_F(Manager, IsReadyAsSoonAsTheSocketHasRoom) {
  const int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  while (::send(other, "x", 1, 0) == 1) continue;
  ServiceManager manager;
  manager.update(1, at(100));
  while (!received().empty()) continue;
  manager.update(1, at(102));
  EXPECT_EQ(received(), "READY=1");
  close(other);
}

TEST_F(Manager, OnlyAnAbsoluteAddressIsUsed) {
  unsetenv("NOTIFY_SOCKET");
  ServiceManager without;
  without.update(1, at(100));
  EXPECT_EQ(received(), "");
  const std::filesystem::path folder = std::filesystem::current_path();
  const std::filesystem::path socket = path_;
  std::filesystem::current_path(socket.parent_path());
  setenv("NOTIFY_SOCKET", socket.filename().c_str(), 1);
  ServiceManager relative;
  relative.update(1, at(100));
  std::filesystem::current_path(folder);
  EXPECT_EQ(received(), "");
}

}  // namespace
}  // namespace synfin
