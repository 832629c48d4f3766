// See udp_sockets.h.
#include "synfin/view/udp_sockets.h"

#include <fmt/format.h>

#include <utility>

#include "synfin/base/diagnostics.h"

namespace synfin {
namespace {

constexpr auto kInterval = std::chrono::seconds{1};

}  // namespace

UdpSockets::UdpSockets() {
  if (auto table = SocketTable::open()) table_.emplace(std::move(*table));
}

void UdpSockets::list_new(NetstatView& netstat, Clock::time_point now, Timestamp time,
                          const Owner& owner) {
  if (!table_ || (read_at_ && now - *read_at_ < kInterval)) return;
  read_at_ = now;
  std::set<Known> current;
  std::size_t not_listed = 0;
  const Status read = table_->for_each_udp([&](const SocketInfo& socket) {
    if (current.size() == kMaxSockets) {
      ++not_listed;
      return;
    }
    const Known known{socket.cookie, socket.remote};
    current.insert(known);
    if (known_.count(known) != 0) return;
    if (const auto whose = owner(socket)) netstat.note_socket(socket, time, *whose);
  });
  if (!read) return table_.reset();  // a kernel without udp_diag never answers
  if (not_listed > 0 && !std::exchange(reported_, true)) {
    log(LogLevel::Warning, fmt::format("this host has more than {} UDP sockets: {} are not listed",
                                       kMaxSockets, not_listed));
  }
  known_ = std::move(current);
}

}  // namespace synfin
