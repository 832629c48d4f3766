// See socket_watch.h.
#include "app/socket_watch.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace synfin {
namespace {

constexpr auto kAskEvery = std::chrono::seconds{10};

Timestamp wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return timestamp_from_ns(std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec);
}

/// In either direction: a connection turns round in connections_of() when its listener comes or
/// goes.
bool has(const std::set<FiveTuple>& tuples, const FiveTuple& tuple) {
  return tuples.count(tuple) != 0 || tuples.count(tuple.reversed()) != 0;
}

bool is_served(const std::vector<SocketInfo>& listeners, const Endpoint& end) {
  return std::any_of(listeners.begin(), listeners.end(),
                     [&](const SocketInfo& listener) { return listener.serves(end); });
}

}  // namespace

std::vector<FiveTuple> connections_of(const std::vector<SocketInfo>& sockets) {
  std::vector<SocketInfo> listeners;
  std::set<std::pair<Endpoint, Endpoint>> locals;
  for (const SocketInfo& s : sockets) {
    if (s.listening()) listeners.push_back(s);
    locals.insert({s.local, s.remote});
  }
  std::vector<FiveTuple> connections;
  for (const SocketInfo& s : sockets) {
    if (s.listening()) continue;
    const bool inbound = is_served(listeners, s.local);
    // Of a connection within this host the originator's end tells; the lower one where both or
    // neither are served.
    const bool twice = locals.count({s.remote, s.local}) != 0;
    const bool peer_served = is_served(listeners, s.remote);
    if (twice && (inbound != peer_served ? inbound : s.remote < s.local)) continue;
    connections.push_back(inbound && !twice ? FiveTuple{s.remote, s.local}
                                            : FiveTuple{s.local, s.remote});
  }
  return connections;
}

Result<std::unique_ptr<SocketWatch>> SocketWatch::start(TableRequests& requests, Wanted wanted) {
  auto table = SocketTable::open();
  if (!table) return table.error();
  std::unique_ptr<SocketWatch> watch(
      new SocketWatch(std::move(*table), requests, std::move(wanted)));
  if (const Status asked = watch->ask(); !asked) return asked.error();
  watch->thread_ = std::thread([self = watch.get()] { self->run(); });
  return Result<std::unique_ptr<SocketWatch>>(std::move(watch));
}

SocketWatch::~SocketWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SocketWatch::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kAskEvery, [this] { return ending_; })) {
    (void)ask();  // a kernel that is short of memory has some in ten seconds
  }
}

/// Only what is new is told, so that a busy server's thousands of sockets cost the packet thread
/// nothing while they stay.
Status SocketWatch::ask() {
  SocketUpdates news;
  news.at = wall_clock();
  const auto sockets = table_.list(SocketStates{
      SocketState::Established, SocketState::FinWait1, SocketState::FinWait2,
      SocketState::CloseWait, SocketState::LastAck, SocketState::Closing, SocketState::Listen});
  if (!sockets) return sockets.error();
  std::set<FiveTuple> now;
  for (const FiveTuple& tuple : connections_of(*sockets)) {
    if (!wanted_(tuple)) continue;
    now.insert(tuple);
    if (!has(known_, tuple)) news.open.push_back({tuple, news.at});
  }
  for (const FiveTuple& tuple : known_) {
    if (!has(now, tuple)) news.gone.push_back({tuple, news.at});
  }
  // What found no room is told next time.
  const bool nothing = news.open.empty() && news.gone.empty();
  if (nothing || requests_.post(std::move(news))) known_ = std::move(now);
  return Ok{};
}

SocketCounts::SocketCounts() {
  auto table = SocketTable::open();
  if (table) table_.emplace(std::move(*table));
}

void SocketCounts::complete(std::span<Event> events) {
  for (Event& event : events) {
    const ConnectionRecord& r = event.connection;
    if (event.kind == EventKind::Record && r.outcome == Outcome::Open && !r.evicted && !r.reused &&
        r.bytes_basis == BytesBasis::None) {
      complete(event.connection, event.time);
    }
  }
}

void SocketCounts::complete(ConnectionRecord& record, Timestamp now) {
  if (!table_) return;
  for (const bool ours_is_orig : {true, false}) {
    const Endpoint& local = ours_is_orig ? record.tuple.orig : record.tuple.resp;
    const Endpoint& remote = ours_is_orig ? record.tuple.resp : record.tuple.orig;
    const auto found = table_->find(local, remote);
    if (!found || !*found || !(*found)->traffic) continue;
    const SocketTraffic& traffic = *(*found)->traffic;
    // Who sent the SYN has its acknowledgement counted, too.
    const bool syn = ours_is_orig && traffic.bytes_acked > 0;
    (ours_is_orig ? record.orig : record.resp).bytes = traffic.bytes_acked - (syn ? 1 : 0);
    (ours_is_orig ? record.resp : record.orig).bytes = traffic.bytes_received;
    record.bytes_basis = BytesBasis::Socket;
    record.last = std::max(record.last, now);  // it lives
    return;
  }
}

}  // namespace synfin
