// See host_sockets.h.
#include "synfin/view/host_sockets.h"

#include <utility>

namespace synfin {
namespace {

constexpr auto kMaxAge = std::chrono::seconds{1};
/// Rates are computed for at most this many sockets.
constexpr std::size_t kMaxRates = 100'000;

std::uint64_t rate(std::uint64_t now, std::uint64_t before, double seconds) {
  return now < before ? 0 : static_cast<std::uint64_t>(static_cast<double>(now - before) / seconds);
}

}  // namespace

HostSocketsReader::HostSocketsReader(std::shared_ptr<SocketMonitor> sockets, Wanted wanted)
    : monitor_(std::move(sockets)), wanted_(std::move(wanted)) {}

const HostSockets* HostSocketsReader::read(Clock::time_point now) {
  if (!monitor_) return nullptr;
  auto snapshot = monitor_->snapshot(kMaxAge, now);
  if (!snapshot) return nullptr;
  if (snapshot != snapshot_) {
    update(*snapshot);
    snapshot_ = std::move(snapshot);
  }
  return &sockets_;
}

void HostSocketsReader::update(const SocketSnapshot& snapshot) {
  const double seconds =
      snapshot_
          ? std::chrono::duration<double>(snapshot.steady_time - snapshot_->steady_time).count()
          : 0;
  std::map<SocketEnds, SocketTraffic> traffic;
  sockets_.sockets.clear();
  sockets_.at = snapshot.time;
  for (const SocketInfo& info : snapshot.sockets) {
    if (!wanted_(info)) continue;
    HostSocket& socket = sockets_.sockets.emplace_back();
    static_cast<SocketInfo&>(socket) = info;
    if (info.traffic && traffic.size() < kMaxRates) measure(socket, seconds, traffic);
  }
  traffic_ = std::move(traffic);
}

void HostSocketsReader::measure(HostSocket& socket, double seconds,
                                std::map<SocketEnds, SocketTraffic>& traffic) const {
  const SocketEnds ends{socket.local, socket.remote};
  if (seconds > 0) {
    // A socket that is not in the previous snapshot was created since, with counters of zero.
    const auto known = traffic_.find(ends);
    const SocketTraffic before = known == traffic_.end() ? SocketTraffic{} : known->second;
    socket.sent_rate = rate(socket.traffic->bytes_acked, before.bytes_acked, seconds);
    socket.received_rate = rate(socket.traffic->bytes_received, before.bytes_received, seconds);
  }
  traffic[ends] = *socket.traffic;
}

}  // namespace synfin
