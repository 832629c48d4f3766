/// \file
/// SocketTable: queries of the kernel's table of TCP sockets.
///
/// netlink sock_diag → SocketInfo. Spec: sock_diag(7), linux/inet_diag.h, struct tcp_info. Needs no
/// privilege and covers the network namespace in which it was opened. Only SocketMonitor and
/// NetNamespaces use it directly. Tested with real sockets in
/// tests/unit/enrich/socket_table_test.cc.
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

struct mnl_socket;

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
  NewSynRecv,  ///< an unfinished handshake, which has no socket of its own yet
};

/// The names of ss and netstat: "ESTABLISHED", "LISTEN", "TIME_WAIT".
std::string_view to_string(SocketState state);

/// A set of states.
class SocketStates {
 public:
  constexpr SocketStates(std::initializer_list<SocketState> states) {
    for (const SocketState state : states) bits_ |= 1u << static_cast<unsigned>(state);
  }
  static constexpr SocketStates all() { return SocketStates{0xFFFF}; }
  /// The states of a connection that a tracker reports as open, except SYN_SENT: its SYN is
  /// repeated.
  static constexpr SocketStates connected() {
    return {SocketState::Established, SocketState::SynRecv,  SocketState::NewSynRecv,
            SocketState::FinWait1,    SocketState::FinWait2, SocketState::CloseWait,
            SocketState::LastAck,     SocketState::Closing};
  }
  constexpr std::uint32_t bits() const { return bits_; }
  constexpr bool contains(SocketState state) const {
    return (bits_ >> static_cast<unsigned>(state) & 1) != 0;
  }

 private:
  constexpr explicit SocketStates(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

/// Payload bytes since the socket was created (RFC 4898 tcpEStatsAppHCThruOctetsAcked, …Received).
struct SocketTraffic {
  std::uint64_t bytes_acked = 0;     ///< sent and acknowledged; plus one for an acknowledged FIN
  std::uint64_t bytes_received = 0;  ///< received in order
  Duration idle = kNoDuration;       ///< since data was last sent or received
  Duration rtt = kNoDuration;        ///< smoothed; kNoDuration before the first measurement
};

struct SocketInfo {
  Endpoint local;
  Endpoint remote;  ///< unspecified and port 0 for a listener
  SocketState state = SocketState::Close;
  std::uint32_t uid = 0;
  std::uint64_t cookie = 0;     ///< identifies the socket until the next boot
  std::uint64_t inode = 0;      ///< N of "socket:[N]" in /proc/PID/fd; 0 if no process holds it
  std::uint32_t interface = 0;  ///< the interface it is bound to, 0 = any
  bool only_v6 = false;         ///< a listener on :: that accepts no IPv4
  Transport transport = Transport::Tcp;
  std::optional<SocketTraffic> traffic;

  /// True if it has a peer. A UDP socket without one receives from anybody.
  bool connected() const { return remote.port != 0; }
  bool listening() const { return state == SocketState::Listen; }
  /// True if a SYN to `target` would reach this socket, judged by the addresses.
  /// REQUIRES: listening().
  bool serves(const Endpoint& target) const;
};

/// The state as netstat lists it: of a UDP socket, ESTABLISHED with a peer and NONE without.
std::string_view state_name(const SocketInfo& socket);

/// One netlink socket. A call blocks until the kernel has answered: microseconds for one socket,
/// about a millisecond for a list. The packet thread must not use it. Not thread-safe.
class SocketTable {
 public:
  /// Opens it in the calling thread's network namespace.
  static Result<SocketTable> open();
  ~SocketTable();
  SocketTable(SocketTable&& other) noexcept;
  SocketTable& operator=(SocketTable&& other) noexcept;

  /// Calls `visit` for each TCP socket in one of `states`, IPv4 and IPv6, in the kernel's order.
  /// Sockets that appear or disappear meanwhile may be missed.
  Status for_each(SocketStates states, const std::function<void(const SocketInfo&)>& visit);

  /// Calls `visit` for each UDP socket that is bound to a port. Fails if the kernel has no
  /// udp_diag.
  Status for_each_udp(const std::function<void(const SocketInfo&)>& visit);

  /// Returns the TCP sockets in one of `states` as a list.
  Result<std::vector<SocketInfo>> list(SocketStates states = SocketStates::all());

  /// Returns the socket with exactly these two ends, or nothing, which is not a failure. The number
  /// of the interface is required for a socket that is bound to one, as link-local ones are.
  Result<std::optional<SocketInfo>> find(const Endpoint& local, const Endpoint& remote,
                                         std::uint32_t interface = 0);

  /// Returns the listener that a SYN to `local` reaches.
  Result<std::optional<SocketInfo>> find_listener(const Endpoint& local,
                                                  std::uint32_t interface = 0);

 private:
  explicit SocketTable(mnl_socket* socket) : socket_(socket), buffer_(kBuffer) {}

  Status send_request();
  Status dump(std::uint8_t protocol, SocketStates states,
              const std::function<void(const SocketInfo&)>& visit);
  int receive(bool many, const std::function<void(const SocketInfo&)>& visit);
  Result<std::optional<SocketInfo>> ask_one(const Endpoint& local, const Endpoint& remote,
                                            std::uint32_t interface);

  static constexpr std::size_t kBuffer = 64 * 1024;

  mnl_socket* socket_;
  std::uint32_t sequence_ = 0;
  std::vector<char> buffer_;
};

}  // namespace synfin
