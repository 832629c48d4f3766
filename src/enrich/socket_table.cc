// SocketTable: requests to the kernel's inet_diag and its answers. See socket_table.h.
//
// An answer is a sequence of netlink messages, framed by libmnl.
#include "synfin/enrich/socket_table.h"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <exception>
#include <iterator>
#include <system_error>
#include <utility>

#include "enrich/socket_message.h"

namespace synfin {
namespace {

/// A kernel that does not answer within this time does not support the request.
constexpr timeval kAnswerTimeout{2, 0};

Error failure(std::string_view doing, int error) {
  return {fmt::format("cannot {} the kernel's TCP sockets: {}", doing,
                      std::generic_category().message(error))};
}

/// Writes a request into `buffer`. Its body is returned for further fields.
inet_diag_req_v2& make_request(std::vector<char>& buffer, std::uint8_t family, SocketStates states,
                               std::uint16_t flags) {
  nlmsghdr* const header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  auto& body =
      *static_cast<inet_diag_req_v2*>(mnl_nlmsg_put_extra_header(header, sizeof(inet_diag_req_v2)));
  body.sdiag_family = family;
  body.sdiag_protocol = IPPROTO_TCP;
  body.idiag_ext = 1u << (INET_DIAG_INFO - 1);
  body.idiag_states = states.bits();
  body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return body;
}

void put_address(const Address& address, bool v4, __be32* out) {
  std::uint8_t bytes[16] = {};
  if (v4 == address.is_v4()) address.store(bytes);
  std::memcpy(out, bytes, sizeof bytes);
}

bool is_unspecified(const Address& a) {
  return a.is_v4() ? a.v4() == 0 : a.high() == 0 && a.low() == 0;
}

}  // namespace

std::string_view to_string(SocketState state) {
  constexpr std::string_view kNames[] = {
      "UNKNOWN", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",   "TIME_WAIT",
      "CLOSE",   "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "CLOSING",   "NEW_SYN_RECV"};
  const auto at = static_cast<std::size_t>(state);
  return at < std::size(kNames) ? kNames[at] : kNames[0];
}

bool SocketInfo::serves(const Endpoint& target) const {
  if (target.port != local.port) return false;
  if (!is_unspecified(local.address)) return local.address == target.address;
  if (local.address.is_v4()) return target.address.is_v4();
  return !only_v6 || !target.address.is_v4();
}

Result<SocketTable> SocketTable::open() {
  mnl_socket* const socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
  if (socket == nullptr) return failure("query", errno);
  setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout,
             sizeof kAnswerTimeout);
  return SocketTable(socket);
}

SocketTable::~SocketTable() {
  if (socket_ != nullptr) mnl_socket_close(socket_);
}

SocketTable::SocketTable(SocketTable&& other) noexcept
    : socket_(std::exchange(other.socket_, nullptr)),
      sequence_(other.sequence_),
      buffer_(std::move(other.buffer_)) {}

SocketTable& SocketTable::operator=(SocketTable&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(sequence_, other.sequence_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

/// REQUIRES: make_request() has written the request into `buffer_`.
Status SocketTable::send_request() {
  if (socket_ == nullptr) return failure("query", EBADF);
  auto* const request = reinterpret_cast<nlmsghdr*>(buffer_.data());
  request->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_, request, request->nlmsg_len) < 0) return failure("query", errno);
  return Ok{};
}

/// Reads the answer to the latest request, to its end. Fails with the kernel's error number.
int SocketTable::receive(bool many, const std::function<void(const SocketInfo&)>& visit) {
  struct Visitor {
    const std::function<void(const SocketInfo&)>& call;
    std::exception_ptr thrown;  ///< must not pass through the library
  } visitor{visit, nullptr};
  const auto on_message = [](const nlmsghdr* header, void* argument) -> int {
    auto& to = *static_cast<Visitor*>(argument);
    try {
      if (const auto info = read_socket(*header)) to.call(*info);
    } catch (...) {
      to.thrown = std::current_exception();
      return MNL_CB_STOP;
    }
    return MNL_CB_OK;
  };
  for (;;) {
    const ssize_t got = mnl_socket_recvfrom(socket_, buffer_.data(), buffer_.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    const auto& header = *reinterpret_cast<const nlmsghdr*>(buffer_.data());
    // A request that failed earlier may have left messages behind.
    if (got < static_cast<ssize_t>(sizeof header) || header.nlmsg_seq != sequence_) continue;
    if (!is_framed({buffer_.data(), static_cast<std::size_t>(got)})) return EBADMSG;
    const int state = mnl_cb_run(buffer_.data(), static_cast<std::size_t>(got), sequence_, 0,
                                 on_message, &visitor);
    if (visitor.thrown) std::rethrow_exception(visitor.thrown);
    if (state < 0) return errno;
    if (state == MNL_CB_STOP || !many) return 0;
  }
}

std::string_view state_name(const SocketInfo& socket) {
  if (socket.transport == Transport::Tcp) return to_string(socket.state);
  return socket.connected() ? "ESTABLISHED" : "NONE";
}

Status SocketTable::for_each(SocketStates states,
                             const std::function<void(const SocketInfo&)>& visit) {
  return dump(IPPROTO_TCP, states, visit);
}

Status SocketTable::for_each_udp(const std::function<void(const SocketInfo&)>& visit) {
  return dump(IPPROTO_UDP, SocketStates::all(), [&](const SocketInfo& info) {
    SocketInfo socket = info;
    socket.transport = Transport::Udp;
    visit(socket);
  });
}

Status SocketTable::dump(std::uint8_t protocol, SocketStates states,
                         const std::function<void(const SocketInfo&)>& visit) {
  buffer_.resize(kBuffer);
  for (const int family : {AF_INET, AF_INET6}) {
    make_request(buffer_, static_cast<std::uint8_t>(family), states, NLM_F_DUMP).sdiag_protocol =
        protocol;
    if (Status sent = send_request(); !sent) return sent;
    if (const int error = receive(true, visit); error != 0) return failure("list", error);
  }
  return Ok{};
}

Result<std::vector<SocketInfo>> SocketTable::list(SocketStates states) {
  std::vector<SocketInfo> sockets;
  const Status read = for_each(states, [&](const SocketInfo& info) { sockets.push_back(info); });
  if (!read) return read.error();
  return sockets;
}

/// The kernel answers with the connected socket, or else with a listener that would accept the
/// packet.
Result<std::optional<SocketInfo>> SocketTable::ask_one(const Endpoint& local,
                                                       const Endpoint& remote,
                                                       std::uint32_t interface) {
  const bool v4 = local.address.is_v4();
  buffer_.resize(kBuffer);
  inet_diag_req_v2& body = make_request(buffer_, v4 ? AF_INET : AF_INET6, SocketStates::all(), 0);
  put_address(local.address, v4, body.id.idiag_src);
  put_address(remote.address, v4, body.id.idiag_dst);
  body.id.idiag_sport = htons(local.port);
  body.id.idiag_dport = htons(remote.port);
  body.id.idiag_if = interface;
  if (const Status sent = send_request(); !sent) return sent.error();
  std::optional<SocketInfo> found;
  const int error = receive(false, [&](const SocketInfo& info) { found = info; });
  if (error != 0 && error != ENOENT) return failure("query", error);
  return found;
}

Result<std::optional<SocketInfo>> SocketTable::find(const Endpoint& local, const Endpoint& remote,
                                                    std::uint32_t interface) {
  auto found = ask_one(local, remote, interface);
  if (found && *found && ((*found)->local != local || (*found)->remote != remote)) found->reset();
  return found;
}

Result<std::optional<SocketInfo>> SocketTable::find_listener(const Endpoint& local,
                                                             std::uint32_t interface) {
  auto found = ask_one(local, Endpoint{local.address.is_v4() ? Address::from_v4(0) : Address{}, 0},
                       interface);
  if (found && *found && !(*found)->listening()) found->reset();
  return found;
}

}  // namespace synfin
