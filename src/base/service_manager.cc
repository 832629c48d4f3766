// See service_manager.h.
#include "synfin/base/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace synfin {
namespace {

constexpr auto kFeedInterval = std::chrono::seconds{1};

std::string address_of_manager() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
  const char* const address = std::getenv("NOTIFY_SOCKET");
  const bool usable = address != nullptr && (*address == '/' || *address == '@');
  return usable && std::strlen(address) < sizeof(sockaddr_un::sun_path) ? address : "";
}

}  // namespace

ServiceManager::ServiceManager()
    : address_(address_of_manager()),
      socket_(address_.empty() ? -1 : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

/// Returns false if it could not be sent, such as to a socket without room.
bool ServiceManager::send(std::string_view message) const {
  if (socket_.get() < 0) return true;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  address_.copy(to.sun_path, sizeof to.sun_path);
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // a name without a file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  return sendto(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                reinterpret_cast<const sockaddr*>(&to), size) >= 0;
}

void ServiceManager::update(std::uint64_t progress, Clock::time_point now) {
  if (progress == last_ || (fed_ && now - *fed_ < kFeedInterval)) return;
  fed_ = now;
  if (!send(ready_ ? "WATCHDOG=1" : "READY=1")) return;
  last_ = progress;
  ready_ = true;
}

}  // namespace synfin
