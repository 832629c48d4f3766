// See socket_monitor.h.
#include "synfin/enrich/socket_monitor.h"

#include <utility>

#include "synfin/base/wall_clock.h"

namespace synfin {

void KeptTraffic::keep(std::map<Key, SocketTraffic> counts) {
  const std::lock_guard lock(mutex_);
  previous_ = std::exchange(latest_, std::move(counts));
}

std::optional<SocketTraffic> KeptTraffic::find(const Endpoint& local,
                                               const Endpoint& remote) const {
  const std::lock_guard lock(mutex_);
  for (const std::map<Key, SocketTraffic>* counts : {&latest_, &previous_}) {
    const auto at = counts->find({local, remote});
    if (at != counts->end()) return at->second;
  }
  return std::nullopt;
}

Result<std::shared_ptr<SocketMonitor>> SocketMonitor::open() {
  auto lists = SocketTable::open();
  if (!lists) return lists.error();
  auto single = SocketTable::open();
  if (!single) return single.error();
  return std::shared_ptr<SocketMonitor>(new SocketMonitor(std::move(*lists), std::move(*single)));
}

std::shared_ptr<const SocketSnapshot> SocketMonitor::snapshot(Duration max_age,
                                                              Clock::time_point now) {
  const std::lock_guard lock(lists_mutex_);
  if (latest_ && now - latest_->steady_time < max_age) return latest_;
  auto next = std::make_shared<SocketSnapshot>();
  next->number = latest_ ? latest_->number + 1 : 1;
  next->time = wall_clock();
  next->steady_time = now;
  if (latest_) next->sockets.reserve(latest_->sockets.size() + 16);
  const Status read = lists_.for_each(
      SocketStates::all(), [&](const SocketInfo& socket) { next->sockets.push_back(socket); });
  if (!read) return nullptr;
  latest_ = std::move(next);
  return latest_;
}

std::optional<SocketInfo> SocketMonitor::find(const Endpoint& local, const Endpoint& remote) {
  const std::lock_guard lock(single_mutex_);
  auto found = single_.find(local, remote);
  return found ? std::move(*found) : std::nullopt;
}

std::optional<SocketInfo> SocketMonitor::find_listener(const Endpoint& local) {
  const std::lock_guard lock(single_mutex_);
  auto found = single_.find_listener(local);
  return found ? std::move(*found) : std::nullopt;
}

}  // namespace synfin
