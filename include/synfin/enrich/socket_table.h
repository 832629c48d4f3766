/// \file
/// SocketTable: the TCP sockets of this host as the kernel knows them, the source of owners, of
/// connections older than the capture and of "is it still there?".
///
/// netlink sock_diag → SocketInfo. Spec: sock_diag(7), linux/inet_diag.h, struct tcp_info. It asks
/// the kernel alone, needs no privilege, and sees the network namespace in which it was opened.
/// Tested against real sockets in tests/unit/enrich/socket_table_test.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "synfin/base/five_tuple.h"
#include "synfin/base/result.h"
#include "synfin/base/time.h"
#include "synfin/base/transport.h"

namespace synfin {

/// The kernel's numbers (net/tcp_states.h).
enum class SocketState : std::uint8_t {
  Established = 1,
  SynSent,
  SynRecv,
  FinWait1,
  FinWait2,
  TimeWait,
  Close,
  CloseWait,
  LastAck,
  Listen,
  Closing,
  NewSynRecv,  ///< a handshake under way that has no socket of its own yet
};

/// As ss and netstat write them: "ESTABLISHED", "LISTEN", "TIME_WAIT".
std::string_view to_string(SocketState state);

/// A set of states, for what is to be listed.
class SocketStates {
 public:
  constexpr SocketStates(std::initializer_list<SocketState> states) {
    for (const SocketState state : states) bits_ |= 1u << static_cast<unsigned>(state);
  }
  static constexpr SocketStates all() { return SocketStates{0xFFFF}; }
  /// Both ends known and neither gone: what a tracker would call open.
  static constexpr SocketStates connected() {
    return {SocketState::Established, SocketState::FinWait1, SocketState::FinWait2,
            SocketState::CloseWait,   SocketState::LastAck,  SocketState::Closing};
  }
  constexpr std::uint32_t bits() const { return bits_; }

 private:
  constexpr explicit SocketStates(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

/// Payload bytes since the socket was made (RFC 4898 tcpEStatsAppHCThruOctetsAcked, …Received).
struct SocketTraffic {
  std::uint64_t bytes_acked = 0;     ///< sent and acknowledged; one more once a FIN was
  std::uint64_t bytes_received = 0;  ///< received in order
  Duration idle = kNoDuration;       ///< since data last went or came
  Duration rtt = kNoDuration;        ///< smoothed; none before the first measurement
};

struct SocketInfo {
  Endpoint local;
  Endpoint remote;  ///< unspecified and port 0 where it listens
  SocketState state = SocketState::Close;
  std::uint32_t uid = 0;
  std::uint64_t cookie = 0;     ///< names the socket until the next boot
  std::uint64_t inode = 0;      ///< as in /proc/PID/fd's "socket:[N]"; 0: no process holds it now
  std::uint32_t interface = 0;  ///< the interface it is bound to, 0 = any
  bool only_v6 = false;         ///< a listener on :: that takes no IPv4
  Transport transport = Transport::Tcp;
  std::optional<SocketTraffic> traffic;

  /// Whether it has a peer. A UDP socket without one receives from anybody.
  bool connected() const { return remote.port != 0; }
  bool listening() const { return state == SocketState::Listen; }
  /// Whether a SYN to `target` would reach it, as far as addresses tell. REQUIRES: listening().
  bool serves(const Endpoint& target) const;
};

/// The state as netstat lists it: of a UDP socket, ESTABLISHED with a peer and NONE without.
std::string_view state_name(const SocketInfo& socket);

/// One netlink socket. Every call blocks until the kernel has answered, microseconds for one socket
/// and about a millisecond for a list; so never on the packet thread. Not thread-safe: one each.
class SocketTable {
 public:
  /// In the calling thread's network namespace.
  static Result<SocketTable> open();
  ~SocketTable();
  SocketTable(SocketTable&& other) noexcept;
  SocketTable& operator=(SocketTable&& other) noexcept;

  /// Each TCP socket in one of `states`, IPv4 and IPv6, in the kernel's order, to `visit`. Sockets
  /// that come or go meanwhile may be missed.
  Status for_each(SocketStates states, const std::function<void(const SocketInfo&)>& visit);

  /// Each UDP socket that is bound to a port. Fails if the kernel has no udp_diag.
  Status for_each_udp(const std::function<void(const SocketInfo&)>& visit);

  /// The same as a list.
  Result<std::vector<SocketInfo>> list(SocketStates states = SocketStates::all());

  /// The socket with exactly these two ends; none where there is none, which is no failure. Where
  /// the socket is bound to an interface (link-local addresses are), its number must be given.
  Result<std::optional<SocketInfo>> find(const Endpoint& local, const Endpoint& remote,
                                         std::uint32_t interface = 0);

  /// The listening socket that a SYN to `local` reaches.
  Result<std::optional<SocketInfo>> find_listener(const Endpoint& local,
                                                  std::uint32_t interface = 0);

 private:
  explicit SocketTable(int socket) : socket_(socket), answer_(kAnswer) {}

  Status ask(const void* request, std::size_t size);
  Result<std::optional<SocketInfo>> ask_one(const Endpoint& local, const Endpoint& remote,
                                            std::uint32_t interface);
  Status dump(std::uint8_t protocol, SocketStates states,
              const std::function<void(const SocketInfo&)>& visit);
  Status read_list(const std::function<void(const SocketInfo&)>& visit);

  static constexpr std::size_t kAnswer = 64 * 1024;

  int socket_;
  std::uint32_t sequence_ = 0;
  std::vector<char> answer_;
};

}  // namespace synfin
