/// \file
/// SocketOwnerCache: the process of each socket, from the records of the eBPF program.
///
/// SocketRecord → sockets by cookie and by their ends. It is independent of eBPF: records arrive as
/// bytes. Tested in tests/unit/enrich/socket_owner_cache_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>

#include "synfin/base/five_tuple.h"
#include "synfin/base/seeded_hash.h"
#include "synfin/base/time.h"
#include "synfin/enrich/socket_holders.h"

struct SocketRecord;

namespace synfin {

/// A process at the time of a socket change.
struct KnownProcess {
  std::uint32_t pid = 0;
  std::uint32_t uid = 0;
  std::string command;  ///< the short name
  ProcessImage image;
};
using KnownProcessPtr = std::shared_ptr<const KnownProcess>;

/// Memory: 8 Ki sockets, with at most 4 KiB of arguments each if all processes differ; the oldest
/// are evicted. Not thread-safe.
class SocketOwnerCache {
 public:
  /// `netns`: the inode number of this process's network namespace; the same ends may exist in
  /// another one too. `read_image`: reads a process from /proc.
  explicit SocketOwnerCache(std::uint32_t netns,
                            std::function<ProcessImage(pid_t)> read_image = &read_process_image)
      : netns_(netns), read_image_(std::move(read_image)) {}

  /// Adds one record of at most sizeof(SocketRecord) bytes and ignores a truncated one.
  /// `clock_offset`: the wall clock minus the clock of the record.
  void add(std::span<const char> bytes, Duration clock_offset);

  /// Returns the process that connected, or that closed what it had accepted; null if unknown. A
  /// socket that had these ends well before `since` belonged to another connection.
  KnownProcessPtr of_connection(const Endpoint& local, const Endpoint& remote,
                                Timestamp since) const;
  /// Returns the process that listened at `since` on the socket that a SYN to `local` reaches.
  KnownProcessPtr of_listener(const Endpoint& local, Timestamp since) const;
  KnownProcessPtr of_cookie(std::uint64_t cookie) const;
  /// True if a socket in another network namespace was reported.
  bool elsewhere() const { return elsewhere_; }

 private:
  struct SocketEnds {
    Endpoint local;
    Endpoint remote;  ///< Endpoint{} for a listener
    bool in_own_netns;
    friend bool operator==(const SocketEnds&, const SocketEnds&) = default;
  };
  struct Hash {
    std::size_t operator()(const SocketEnds& e) const {
      return seeded(e.local, e.remote, e.in_own_netns ? 1 : 0);
    }
    SeededHash seeded;
  };
  struct Socket {
    SocketEnds ends{};
    Timestamp time{};                    ///< of the first change by its owner
    Timestamp ended = Timestamp::max();  ///< of a listener
    KnownProcessPtr process;
  };

  void update(const SocketRecord& record, Duration clock_offset);
  void put_ends(Socket& socket, const SocketRecord& record);
  Socket& socket(const SocketRecord& record, Duration clock_offset);
  void fill_in(KnownProcess& process) const;
  KnownProcessPtr process_in(const SocketRecord& record);
  void forget_ends(const SocketEnds& ends, std::uint64_t cookie);
  void forget_oldest();
  const Socket* find(const SocketEnds& ends) const;

  static constexpr std::size_t kMaxSockets = 8192;
  static constexpr std::size_t kMaxProcesses = 1024;
  static constexpr Duration kSlack = std::chrono::milliseconds{250};

  std::uint32_t netns_;
  bool elsewhere_ = false;
  std::function<ProcessImage(pid_t)> read_image_;
  std::unordered_map<std::uint64_t, Socket> sockets_;  ///< by cookie
  std::unordered_map<SocketEnds, std::uint64_t, Hash>
      cookies_;                     ///< of the latest socket with these ends
  std::deque<std::uint64_t> ages_;  ///< the oldest first
  std::unordered_map<std::uint32_t, KnownProcessPtr> processes_;  ///< the latest of each pid
};

}  // namespace synfin
