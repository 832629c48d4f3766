/// \file
/// SocketOwnerCache: which process made which socket, as the eBPF program has told it.
///
/// SocketRecord → sockets by cookie, found by their ends too. Nothing here knows of eBPF: records
/// come as bytes. Tested in tests/unit/enrich/socket_owner_cache_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>

#include "synfin/base/five_tuple.h"
#include "synfin/base/mix.h"
#include "synfin/base/time.h"
#include "synfin/enrich/socket_holders.h"

struct SocketRecord;

namespace synfin {

/// What a process was when it moved a socket.
struct KnownProcess {
  std::uint32_t pid = 0;
  std::uint32_t uid = 0;
  std::string command;  ///< the short name
  ProcessWords words;
};
using KnownProcessPtr = std::shared_ptr<const KnownProcess>;

/// Memory: 8 Ki sockets, with at most 4 KiB of words each where all processes differ; the oldest
/// go first. Not thread-safe.
class SocketOwnerCache {
 public:
  /// `netns`: our network namespace's inode number; the same ends may be in another one too.
  /// `look`: what /proc says of a process, empty where it is gone.
  explicit SocketOwnerCache(std::uint32_t netns,
                            std::function<ProcessWords(pid_t)> look = &words_of)
      : netns_(netns), look_(std::move(look)) {}

  /// Takes in one record, at most sizeof(SocketRecord) bytes; a shorter one than it says is left
  /// out. `clock`: the wall clock less the record's.
  void take_in(std::span<const char> bytes, Duration clock);

  /// The process that connected, or that closed what it had accepted; null: not known. A socket
  /// that had these ends well before `since` was another connection's.
  KnownProcessPtr of_connection(const Endpoint& local, const Endpoint& remote,
                                Timestamp since) const;
  /// The one that listens, or did until `since`, where a SYN to `local` arrives.
  KnownProcessPtr of_listener(const Endpoint& local, Timestamp since) const;
  KnownProcessPtr of_cookie(std::uint64_t cookie) const;

 private:
  struct Ends {
    Endpoint local;
    Endpoint remote;  ///< Endpoint{} where it listens
    bool ours;        ///< in our network namespace
    friend bool operator==(const Ends&, const Ends&) = default;
  };
  struct Hash {
    std::size_t operator()(const Ends& e) const {
      const std::uint64_t ports = std::uint64_t{e.local.port} << 17 | e.remote.port * 2u | e.ours;
      return mix64(mix64(e.local.address.low() ^ kOdd, e.remote.address.low() + kOdd) ^ ports,
                   e.local.address.high() + 3 * e.remote.address.high() + kOdd);
    }
  };
  struct Socket {
    Ends ends{};
    Timestamp time{};                    ///< of the first deed
    Timestamp ended = Timestamp::max();  ///< of a listener
    KnownProcessPtr process;
  };

  void move(const SocketRecord& record, Duration clock);
  void put_ends(Socket& socket, const SocketRecord& record);
  Socket& socket(const SocketRecord& record, Duration clock);
  void fill_in(KnownProcess& process) const;
  KnownProcessPtr process_in(const SocketRecord& record);
  void forget_ends(const Ends& ends, std::uint64_t cookie);
  void forget_oldest();
  const Socket* find(const Ends& ends) const;

  static constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  static constexpr std::size_t kMostSockets = 8192;
  static constexpr std::size_t kMostProcesses = 1024;
  static constexpr Duration kSlack = std::chrono::milliseconds{250};

  std::uint32_t netns_;
  std::function<ProcessWords(pid_t)> look_;
  std::unordered_map<std::uint64_t, Socket> sockets_;             ///< by cookie
  std::unordered_map<Ends, std::uint64_t, Hash> cookies_;         ///< of the latest with these ends
  std::deque<std::uint64_t> ages_;                                ///< the oldest first
  std::unordered_map<std::uint32_t, KnownProcessPtr> processes_;  ///< the latest by pid
};

}  // namespace synfin
