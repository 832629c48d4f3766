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

/// What is sent of a transition that nobody did.
constexpr std::size_t kHead = offsetof(SocketRecord, path);

SocketState state(unsigned char number) { return static_cast<SocketState>(number); }

/// A socket may connect or listen anew, and in another process than before.
bool begins(SocketState state) {
  return state == SocketState::SynSent || state == SocketState::Listen;
}

std::string_view text_in(const char* begin, std::size_t room) {
  return {begin, static_cast<std::size_t>(std::find(begin, begin + room, '\0') - begin)};
}

/// "ls", "bin", "usr" → "/usr/bin/ls".
std::string path_of(const SocketRecord& record) {
  std::string path;
  for (int at = std::min<int>(record.path_names, kMostNames); at-- > 0;) {
    const std::string_view text = text_in(record.path[at], kLongestName);
    if (!text.empty()) path.append("/").append(text);
  }
  return path;
}

}  // namespace

void SocketOwnerCache::forget_ends(const Ends& ends, std::uint64_t cookie) {
  const auto at = cookies_.find(ends);
  if (at != cookies_.end() && at->second == cookie) cookies_.erase(at);
}

void SocketOwnerCache::forget_oldest() {
  const auto at = sockets_.find(ages_.front());
  ages_.pop_front();
  forget_ends(at->second.ends, at->first);
  sockets_.erase(at);
}

SocketOwnerCache::Socket& SocketOwnerCache::socket(const SocketRecord& record, Duration clock) {
  const auto [at, fresh] = sockets_.try_emplace(record.cookie);
  if (fresh) ages_.push_back(record.cookie);
  if (fresh || begins(state(record.new_state))) {
    at->second.time = timestamp_from_ns(static_cast<std::int64_t>(record.time)) + clock;
    at->second.ended = Timestamp::max();
    at->second.process = process_in(record);
  }
  return at->second;
}

/// What the kernel did not tell, from /proc, if the process is still there.
void SocketOwnerCache::fill_in(KnownProcess& process) const {
  ProcessWords words = look_(static_cast<pid_t>(process.pid));
  if (process.words.cmdline.empty()) process.words.cmdline = std::move(words.cmdline);
  if (process.words.exe.empty()) process.words.exe = std::move(words.exe);
}

/// A process that exits has no words any more: then those hold that it had before.
KnownProcessPtr SocketOwnerCache::process_in(const SocketRecord& record) {
  if (processes_.size() >= kMostProcesses && !processes_.contains(record.pid)) processes_.clear();
  KnownProcessPtr& latest = processes_[record.pid];
  KnownProcess now{
      record.pid, record.uid, std::string(text_in(record.command, sizeof record.command)), {}};
  now.words.cmdline = join_words({record.words, record.words_size});
  now.words.exe = path_of(record);
  if (now.words.cmdline.empty() || now.words.exe.empty()) fill_in(now);
  const bool known = latest != nullptr && latest->command == now.command;
  if (known && now.words.cmdline.empty()) now.words.cmdline = latest->words.cmdline;
  const bool same = known && latest->words.cmdline == now.words.cmdline;
  if (now.words.exe.empty()) now.words.exe = same ? latest->words.exe : now.command;
  if (!same || latest->uid != now.uid || latest->words.exe != now.words.exe)
    latest = std::make_shared<const KnownProcess>(std::move(now));
  return latest;
}

void SocketOwnerCache::take_in(std::span<const char> bytes, Duration clock) {
  SocketRecord record{};
  if (bytes.size() < kHead) return;
  std::memcpy(&record, bytes.data(), kHead);
  if (record.pid == 0) {
    move(record, clock);
    return;
  }
  if (bytes.size() < offsetof(SocketRecord, words) + record.words_size) return;
  std::memcpy(&record, bytes.data(), std::min(bytes.size(), sizeof record));

  Socket& moved = socket(record, clock);
  if (record.local_port != 0) put_ends(moved, record);
  if (ages_.size() > kMostSockets) forget_oldest();
}

/// A socket whose process is known has its ends now, or listens no more.
void SocketOwnerCache::move(const SocketRecord& record, Duration clock) {
  const auto at = sockets_.find(record.cookie);
  if (at == sockets_.end()) return;
  if (state(record.old_state) == SocketState::Listen) {
    at->second.ended = timestamp_from_ns(static_cast<std::int64_t>(record.time)) + clock;
  } else if (record.local_port != 0) {
    put_ends(at->second, record);
  }
}

void SocketOwnerCache::put_ends(Socket& socket, const SocketRecord& record) {
  forget_ends(socket.ends, record.cookie);
  socket.ends = {{Address::load_v6(record.local), record.local_port},
                 {Address::load_v6(record.remote), record.remote_port},
                 record.netns == netns_};
  if (state(record.new_state) == SocketState::Listen) socket.ends.remote = {};
  cookies_[socket.ends] = record.cookie;
}

const SocketOwnerCache::Socket* SocketOwnerCache::find(const Ends& ends) const {
  const auto cookie = cookies_.find(ends);
  if (cookie == cookies_.end()) return nullptr;
  const auto at = sockets_.find(cookie->second);
  return at == sockets_.end() ? nullptr : &at->second;
}

KnownProcessPtr SocketOwnerCache::of_connection(const Endpoint& local, const Endpoint& remote,
                                                Timestamp since) const {
  for (const bool ours : {true, false}) {
    const Socket* const socket = find({local, remote, ours});
    if (socket != nullptr && socket->time + kSlack >= since) return socket->process;
  }
  return nullptr;
}

KnownProcessPtr SocketOwnerCache::of_listener(const Endpoint& local, Timestamp since) const {
  const Address any_of_its_kind = local.address.is_v4() ? Address::from_v4(0) : Address{};
  for (const Address& address : {local.address, any_of_its_kind, Address{}}) {
    const Socket* const socket = find({{address, local.port}, {}, true});
    const bool ended =
        socket != nullptr && socket->ended != Timestamp::max() && socket->ended + kSlack < since;
    if (socket != nullptr && !ended) return socket->process;
  }
  return nullptr;
}

KnownProcessPtr SocketOwnerCache::of_cookie(std::uint64_t cookie) const {
  const auto at = sockets_.find(cookie);
  return at == sockets_.end() ? nullptr : at->second.process;
}

}  // namespace synfin
