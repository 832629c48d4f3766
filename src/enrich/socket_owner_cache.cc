// See socket_owner_cache.h.
#include "synfin/enrich/socket_owner_cache.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "enrich/socket_record.h"
#include "synfin/enrich/socket_table.h"

namespace synfin {
namespace {

/// The part of a record that is sent for a change without a process.
constexpr std::size_t kHead = offsetof(SocketRecord, path);

SocketState state(unsigned char number) { return static_cast<SocketState>(number); }

/// A socket may connect or listen again, possibly in another process.
bool begins(SocketState state) {
  return state == SocketState::SynSent || state == SocketState::Listen;
}

/// \param clock_offset from the clock of the kernel's records to that of packets
Timestamp time_of(const SocketRecord& record, Duration clock_offset) {
  return saturating_add(timestamp_from_ns(static_cast<std::int64_t>(record.time)), clock_offset);
}

std::string_view text_in(const char* begin, std::size_t room) {
  return {begin, static_cast<std::size_t>(std::find(begin, begin + room, '\0') - begin)};
}

/// "ls", "bin", "usr" → "/usr/bin/ls".
std::string path_of(const SocketRecord& record) {
  std::string path;
  for (int at = std::min<int>(record.path_names, kMaxPathNames); at-- > 0;) {
    const std::string_view text = text_in(record.path[at], kMaxNameSize);
    if (!text.empty()) path.append("/").append(text);
  }
  return path;
}

}  // namespace

void SocketOwnerCache::forget_ends(const SocketEnds& ends, std::uint64_t cookie) {
  const auto at = cookies_.find(ends);
  if (at != cookies_.end() && at->second == cookie) cookies_.erase(at);
}

void SocketOwnerCache::forget_oldest() {
  const auto at = sockets_.find(ages_.front());
  ages_.pop_front();
  forget_ends(at->second.ends, at->first);
  sockets_.erase(at);
}

SocketOwnerCache::Socket& SocketOwnerCache::socket(const SocketRecord& record,
                                                   Duration clock_offset) {
  const auto [at, fresh] = sockets_.try_emplace(record.cookie);
  if (fresh) ages_.push_back(record.cookie);
  if (fresh || begins(state(record.new_state))) {
    at->second.time = time_of(record, clock_offset);
    at->second.ended = Timestamp::max();
    at->second.process = process_in(record);
  }
  return at->second;
}

/// Reads what the record lacks from /proc, if the process still exists.
void SocketOwnerCache::fill_in(KnownProcess& process) const {
  ProcessImage image = read_image_(static_cast<pid_t>(process.pid));
  if (process.image.cmdline.empty()) process.image.cmdline = std::move(image.cmdline);
  if (process.image.exe.empty()) process.image.exe = std::move(image.exe);
}

/// A process that exits has lost its arguments; those of its earlier record are used.
KnownProcessPtr SocketOwnerCache::process_in(const SocketRecord& record) {
  if (processes_.size() >= kMaxProcesses && !processes_.contains(record.pid)) processes_.clear();
  KnownProcessPtr& latest = processes_[record.pid];
  KnownProcess now{
      record.pid, record.uid, std::string(text_in(record.command, sizeof record.command)), {}};
  now.image.cmdline = join_arguments({record.arguments, record.arguments_size});
  now.image.exe = path_of(record);
  if (now.image.cmdline.empty() || now.image.exe.empty()) fill_in(now);
  const bool known = latest != nullptr && latest->command == now.command;
  if (known && now.image.cmdline.empty()) now.image.cmdline = latest->image.cmdline;
  const bool same = known && latest->image.cmdline == now.image.cmdline;
  if (now.image.exe.empty()) now.image.exe = same ? latest->image.exe : now.command;
  if (!same || latest->uid != now.uid || latest->image.exe != now.image.exe)
    latest = std::make_shared<const KnownProcess>(std::move(now));
  return latest;
}

void SocketOwnerCache::add(std::span<const char> bytes, Duration clock_offset) {
  SocketRecord record{};
  if (bytes.size() < kHead) return;
  std::memcpy(&record, bytes.data(), kHead);
  if (record.pid == 0) {
    update(record, clock_offset);
    return;
  }
  if (bytes.size() < offsetof(SocketRecord, arguments) + record.arguments_size) return;
  std::memcpy(&record, bytes.data(), std::min(bytes.size(), sizeof record));

  Socket& moved = socket(record, clock_offset);
  if (record.local_port != 0) put_ends(moved, record);
  if (ages_.size() > kMaxSockets) forget_oldest();
}

/// Handles a change without a process: a known socket has received its ports, or stops listening.
void SocketOwnerCache::update(const SocketRecord& record, Duration clock_offset) {
  const auto at = sockets_.find(record.cookie);
  if (at == sockets_.end()) return;
  if (state(record.old_state) == SocketState::Listen) {
    at->second.ended = time_of(record, clock_offset);
  } else if (record.local_port != 0) {
    put_ends(at->second, record);
  }
}

void SocketOwnerCache::put_ends(Socket& socket, const SocketRecord& record) {
  forget_ends(socket.ends, record.cookie);
  socket.ends = {{Address::load_v6(record.local), record.local_port},
                 {Address::load_v6(record.remote), record.remote_port},
                 record.netns == netns_};
  elsewhere_ = elsewhere_ || !socket.ends.in_own_netns;
  if (state(record.new_state) == SocketState::Listen) socket.ends.remote = {};
  cookies_[socket.ends] = record.cookie;
}

const SocketOwnerCache::Socket* SocketOwnerCache::find(const SocketEnds& ends) const {
  const auto cookie = cookies_.find(ends);
  if (cookie == cookies_.end()) return nullptr;
  const auto at = sockets_.find(cookie->second);
  return at == sockets_.end() ? nullptr : &at->second;
}

KnownProcessPtr SocketOwnerCache::of_connection(const Endpoint& local, const Endpoint& remote,
                                                Timestamp since) const {
  for (const bool in_own_netns : {true, false}) {
    const Socket* const socket = find({local, remote, in_own_netns});
    if (socket != nullptr && saturating_add(socket->time, kSlack) >= since) return socket->process;
  }
  return nullptr;
}

KnownProcessPtr SocketOwnerCache::of_listener(const Endpoint& local, Timestamp since) const {
  const Address any_of_its_kind = local.address.is_v4() ? Address::from_v4(0) : Address{};
  for (const Address& address : {local.address, any_of_its_kind, Address{}}) {
    const Socket* const socket = find({{address, local.port}, {}, true});
    const bool ended = socket != nullptr && socket->ended != Timestamp::max() &&
                       saturating_add(socket->ended, kSlack) < since;
    if (socket != nullptr && !ended) return socket->process;
  }
  return nullptr;
}

KnownProcessPtr SocketOwnerCache::of_cookie(std::uint64_t cookie) const {
  const auto at = sockets_.find(cookie);
  return at == sockets_.end() ? nullptr : at->second.process;
}

}  // namespace synfin
