// See socket_watch.h.
#include "synfin/enrich/socket_watch.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "synfin/base/thread.h"

namespace synfin {
namespace {

constexpr auto kInterval = std::chrono::seconds{10};
/// A snapshot of another consumer is used if it is no older than this.
constexpr auto kMaxAge = std::chrono::seconds{1};

/// Compares both directions, because connections_of() reverses a connection when its listener
/// appears or disappears.
bool has(const std::set<FiveTuple>& tuples, const FiveTuple& tuple) {
  return tuples.count(tuple) != 0 || tuples.count(tuple.reversed()) != 0;
}

/// The sockets of open connections, and the listeners that decide their direction.
std::vector<SocketInfo> open_or_listening(const SocketSnapshot& snapshot) {
  std::vector<SocketInfo> sockets;
  std::copy_if(snapshot.sockets.begin(), snapshot.sockets.end(), std::back_inserter(sockets),
               [](const SocketInfo& socket) {
                 return socket.listening() || SocketStates::connected().contains(socket.state);
               });
  return sockets;
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
    // A connection within this host is taken from the originator's socket, or from the lower end if
    // a listener serves both ends or neither.
    const bool loopback = locals.count({s.remote, s.local}) != 0;
    const bool peer_served = is_served(listeners, s.remote);
    if (loopback && (inbound != peer_served ? inbound : s.remote < s.local)) continue;
    connections.push_back(inbound && !loopback ? FiveTuple{s.remote, s.local}
                                               : FiveTuple{s.local, s.remote});
  }
  return connections;
}

Result<std::unique_ptr<SocketWatch>> SocketWatch::start(std::shared_ptr<SocketMonitor> sockets,
                                                        TableRequests& requests, Wanted wanted) {
  if (!sockets) return Error{"the kernel does not list its TCP sockets"};
  std::unique_ptr<SocketWatch> watch(
      new SocketWatch(std::move(sockets), requests, std::move(wanted)));
  if (!watch->compare()) return Error{"the kernel does not list its TCP sockets"};
  watch->thread_ = start_thread(ThreadRole::Sockets, [self = watch.get()] { self->run(); });
  return Result<std::unique_ptr<SocketWatch>>(std::move(watch));
}

SocketWatch::~SocketWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SocketWatch::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kInterval, [this] { return stopped_; })) {
    (void)compare();  // a failure, such as a lack of kernel memory, may not last
  }
}

/// Posts only the changes, so that the thousands of sockets of a busy server cost the packet thread
/// nothing while they stay. Returns false if the kernel does not answer.
bool SocketWatch::compare() {
  const auto snapshot = sockets_->snapshot(kMaxAge);
  if (!snapshot) return false;
  SocketUpdates updates;
  updates.at = snapshot->time;
  std::set<FiveTuple> now;
  for (const FiveTuple& tuple : connections_of(open_or_listening(*snapshot))) {
    if (!wanted_(tuple)) continue;
    now.insert(tuple);
    if (!has(known_, tuple)) updates.open.push_back({tuple, updates.at});
  }
  for (const FiveTuple& tuple : known_) {
    if (!has(now, tuple)) updates.gone.push_back({tuple, updates.at});
  }
  if (!std::exchange(started_, true)) initial_ = now;
  keep_traffic(*snapshot);
  // If the queue is full, the same changes are found and posted again the next time.
  const bool unchanged = updates.open.empty() && updates.gone.empty();
  if (unchanged || requests_.post(std::move(updates))) known_ = std::move(now);
  return true;
}

/// Only of connections that were open before the start: packets prove the bytes of others.
void SocketWatch::keep_traffic(const SocketSnapshot& snapshot) {
  std::map<KeptTraffic::Key, SocketTraffic> counts;
  std::set<FiveTuple> still_open;
  for (const SocketInfo& socket : snapshot.sockets) {
    const FiveTuple tuple{socket.local, socket.remote};
    if (!socket.traffic || !has(initial_, tuple)) continue;
    counts.emplace(KeptTraffic::Key{socket.local, socket.remote}, *socket.traffic);
    still_open.insert(tuple);
  }
  initial_ = std::move(still_open);
  sockets_->kept_traffic().keep(std::move(counts));
}

void SocketCounts::complete(std::span<Event> events) {
  for (Event& event : events) {
    const ConnectionRecord& r = event.connection;
    if (event.kind != EventKind::Record || r.evicted || r.reused) continue;
    const bool was_open = r.direction_basis == DirectionBasis::Socket;
    const bool ended = r.outcome == Outcome::Closed || r.outcome == Outcome::Reset;
    if (r.bytes_basis == BytesBasis::None && (r.outcome == Outcome::Open || (was_open && ended)))
      complete(event.connection, event.time);
  }
}

void SocketCounts::complete(ConnectionRecord& record, Timestamp now) {
  if (!sockets_) return;
  for (const bool local_is_orig : {true, false}) {
    const Endpoint& local = local_is_orig ? record.tuple.orig : record.tuple.resp;
    const Endpoint& remote = local_is_orig ? record.tuple.resp : record.tuple.orig;
    const auto traffic = traffic_of(record, local, remote);
    if (!traffic) continue;
    // The kernel counts the acknowledged SYN of the originator as a byte.
    const bool syn = local_is_orig && traffic->bytes_acked > 0;
    (local_is_orig ? record.orig : record.resp).bytes = traffic->bytes_acked - (syn ? 1 : 0);
    (local_is_orig ? record.resp : record.orig).bytes = traffic->bytes_received;
    record.bytes_basis = BytesBasis::Socket;
    // The kernel still lists it as open.
    if (record.outcome == Outcome::Open) record.last = std::max(record.last, now);
    return;
  }
}

std::optional<SocketTraffic> SocketCounts::traffic_of(const ConnectionRecord& record,
                                                      const Endpoint& local,
                                                      const Endpoint& remote) {
  if (record.outcome != Outcome::Open) return sockets_->kept_traffic().find(local, remote);
  const auto found = sockets_->find(local, remote);
  return found ? found->traffic : std::nullopt;
}

}  // namespace synfin
