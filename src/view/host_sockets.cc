// See host_sockets.h.
#include "synfin/view/host_sockets.h"

#include <utility>

namespace synfin {
namespace {

constexpr auto kFresh = std::chrono::seconds{1};
/// Past so many, rates are not kept: a host with more has other tools.
constexpr std::size_t kMostKept = 100'000;

std::uint64_t rate(std::uint64_t now, std::uint64_t before, double seconds) {
  return now < before ? 0 : static_cast<std::uint64_t>(static_cast<double>(now - before) / seconds);
}

}  // namespace

HostSocketsReader::HostSocketsReader(Wanted wanted) : wanted_(std::move(wanted)) {
  if (auto table = SocketTable::open()) table_.emplace(std::move(*table));
}

const HostSockets* HostSocketsReader::read(Clock::time_point now) {
  if (!table_) return nullptr;
  if (!asked_ || now - *asked_ >= kFresh) ask(now);
  return &sockets_;
}

void HostSocketsReader::ask(Clock::time_point now) {
  const double seconds = asked_ ? std::chrono::duration<double>(now - *asked_).count() : 0;
  std::map<Ends, SocketTraffic> known;
  sockets_.sockets.clear();
  const Status asked = table_->for_each(SocketStates::all(), [&](const SocketInfo& info) {
    if (!wanted_(info)) return;
    HostSocket& socket = sockets_.sockets.emplace_back();
    static_cast<SocketInfo&>(socket) = info;
    if (info.traffic && known.size() < kMostKept) measure(socket, seconds, known);
  });
  if (!asked) table_.reset();  // it will not answer better the next time
  known_ = std::move(known);
  asked_ = now;
}

void HostSocketsReader::measure(HostSocket& socket, double seconds,
                                std::map<Ends, SocketTraffic>& known) const {
  const Ends ends{socket.local, socket.remote};
  if (seconds > 0) {
    // What was not there the last time has begun since.
    const auto known_before = known_.find(ends);
    const SocketTraffic before =
        known_before == known_.end() ? SocketTraffic{} : known_before->second;
    socket.sent_rate = rate(socket.traffic->bytes_acked, before.bytes_acked, seconds);
    socket.received_rate = rate(socket.traffic->bytes_received, before.bytes_received, seconds);
  }
  known[ends] = *socket.traffic;
}

}  // namespace synfin
