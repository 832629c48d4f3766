// SocketTable: requests to and answers from the kernel's inet_diag. See socket_table.h.
//
// An answer is a row of netlink messages; each socket's message is an inet_diag_msg and attributes,
// among them tcp_info where the socket is no mere remainder. Older kernels send a shorter tcp_info:
// what it lacks stays unset.
#include "synfin/enrich/socket_table.h"

#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <system_error>
#include <utility>

namespace synfin {
namespace {

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

constexpr timeval kBackwardTimeout{2, 0};

Error failure(std::string_view doing, int error) {
  return {fmt::format("cannot {} the kernel's TCP sockets: {}", doing,
                      std::generic_category().message(error))};
}

Request make_request(std::uint8_t family, std::uint32_t states, std::uint16_t flags,
                     std::uint8_t protocol = IPPROTO_TCP) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  request.body.sdiag_family = family;
  request.body.sdiag_protocol = protocol;
  request.body.idiag_ext = 1u << (INET_DIAG_INFO - 1);
  request.body.idiag_states = states;
  request.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  request.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

void put_address(const Address& address, bool v4, __be32* out) {
  std::uint8_t bytes[16] = {};
  if (v4 == address.is_v4()) address.store(bytes);
  std::memcpy(out, bytes, sizeof bytes);
}

Address load(std::uint8_t family, const __be32* words) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(words);
  return family == AF_INET ? Address::load_v4(bytes) : Address::load_v6(bytes);
}

/// The part of a tcp_info that this kernel sent.
std::optional<SocketTraffic> traffic_in(const void* data, std::size_t size) {
  if (size < offsetof(tcp_info, tcpi_bytes_received) + sizeof(std::uint64_t)) return std::nullopt;
  SocketTraffic traffic;
  const auto* bytes = static_cast<const char*>(data);
  std::memcpy(&traffic.bytes_acked, bytes + offsetof(tcp_info, tcpi_bytes_acked), 8);
  std::memcpy(&traffic.bytes_received, bytes + offsetof(tcp_info, tcpi_bytes_received), 8);
  const auto word = [bytes](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes + at, sizeof value);
    return value;
  };
  traffic.idle = std::chrono::milliseconds{std::min(word(offsetof(tcp_info, tcpi_last_data_sent)),
                                                    word(offsetof(tcp_info, tcpi_last_data_recv)))};
  if (const std::uint32_t rtt = word(offsetof(tcp_info, tcpi_rtt)); rtt != 0)
    traffic.rtt = std::chrono::microseconds{rtt};
  return traffic;
}

bool has_traffic(SocketState state) {
  return state != SocketState::Listen && state != SocketState::TimeWait &&
         state != SocketState::NewSynRecv && state != SocketState::SynRecv;
}

void read_attributes(const rtattr* attribute, std::size_t size, SocketInfo& info) {
  for (auto left = static_cast<int>(size); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left)) {
    const std::size_t length = RTA_PAYLOAD(attribute);
    if (attribute->rta_type == INET_DIAG_INFO && has_traffic(info.state)) {
      info.traffic = traffic_in(RTA_DATA(attribute), length);
    } else if (attribute->rta_type == INET_DIAG_SKV6ONLY && length >= 1) {
      info.only_v6 = *static_cast<const std::uint8_t*>(RTA_DATA(attribute)) != 0;
    }
  }
}

std::optional<SocketInfo> read_socket(const nlmsghdr& header) {
  if (header.nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg))) return std::nullopt;
  const auto& message = *static_cast<const inet_diag_msg*>(NLMSG_DATA(&header));
  if (message.idiag_family != AF_INET && message.idiag_family != AF_INET6) return std::nullopt;
  SocketInfo info;
  info.local = {load(message.idiag_family, message.id.idiag_src), ntohs(message.id.idiag_sport)};
  info.remote = {load(message.idiag_family, message.id.idiag_dst), ntohs(message.id.idiag_dport)};
  info.state = static_cast<SocketState>(message.idiag_state);
  info.uid = message.idiag_uid;
  info.cookie = std::uint64_t{message.id.idiag_cookie[1]} << 32 | message.id.idiag_cookie[0];
  info.inode = message.idiag_inode;
  info.interface = message.id.idiag_if;
  read_attributes(reinterpret_cast<const rtattr*>(&message + 1),
                  header.nlmsg_len - NLMSG_LENGTH(sizeof message), info);
  return info;
}

/// The kernel's verdict in an NLMSG_ERROR or NLMSG_DONE, as an errno.
int error_in(const nlmsghdr& header) {
  if (header.nlmsg_len < NLMSG_LENGTH(sizeof(int)))
    return header.nlmsg_type == NLMSG_DONE ? 0 : EIO;
  int error = 0;
  std::memcpy(&error, NLMSG_DATA(&header), sizeof error);
  return error < 0 ? -error : error;
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
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return failure("ask for", errno);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kBackwardTimeout, sizeof kBackwardTimeout);
  return SocketTable(fd);
}

SocketTable::~SocketTable() {
  if (socket_ >= 0) close(socket_);
}

SocketTable::SocketTable(SocketTable&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      sequence_(other.sequence_),
      answer_(std::move(other.answer_)) {}

SocketTable& SocketTable::operator=(SocketTable&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(sequence_, other.sequence_);
  std::swap(answer_, other.answer_);
  return *this;
}

Status SocketTable::ask(const void* request, std::size_t size) {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto sent =
      sendto(socket_, request, size, 0, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (sent != static_cast<ssize_t>(size)) return failure("ask for", errno);
  return Ok{};
}

/// Reads messages until the end of the answer to the latest request.
Status SocketTable::read_list(const std::function<void(const SocketInfo&)>& visit) {
  for (;;) {
    const ssize_t got = recv(socket_, answer_.data(), answer_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", errno);
    auto left = static_cast<unsigned>(got);
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(answer_.data());
         NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_seq != sequence_) continue;  // left over from a request that failed
      if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
        const int error = error_in(*header);
        if (error != 0) return failure("read", error);
        return Ok{};
      }
      if (const auto info = read_socket(*header)) visit(*info);
    }
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
  for (const int family : {AF_INET, AF_INET6}) {
    Request request =
        make_request(static_cast<std::uint8_t>(family), states.bits(), NLM_F_DUMP, protocol);
    request.header.nlmsg_seq = ++sequence_;
    if (Status asked = ask(&request, sizeof request); !asked) return asked;
    if (Status read = read_list(visit); !read) return read;
  }
  return Ok{};
}

Result<std::vector<SocketInfo>> SocketTable::list(SocketStates states) {
  std::vector<SocketInfo> sockets;
  const Status read = for_each(states, [&](const SocketInfo& info) { sockets.push_back(info); });
  if (!read) return read.error();
  return sockets;
}

/// The kernel answers with the connected socket, else with a listener that would take the packet.
Result<std::optional<SocketInfo>> SocketTable::ask_one(const Endpoint& local,
                                                       const Endpoint& remote,
                                                       std::uint32_t interface) {
  const bool v4 = local.address.is_v4();
  Request request = make_request(v4 ? AF_INET : AF_INET6, SocketStates::all().bits(), 0);
  request.header.nlmsg_seq = ++sequence_;
  put_address(local.address, v4, request.body.id.idiag_src);
  put_address(remote.address, v4, request.body.id.idiag_dst);
  request.body.id.idiag_sport = htons(local.port);
  request.body.id.idiag_dport = htons(remote.port);
  request.body.id.idiag_if = interface;
  if (const Status asked = ask(&request, sizeof request); !asked) return asked.error();
  for (;;) {
    const ssize_t got = recv(socket_, answer_.data(), answer_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", errno);
    const auto& header = *reinterpret_cast<const nlmsghdr*>(answer_.data());
    if (!NLMSG_OK(&header, static_cast<std::size_t>(got)) || header.nlmsg_seq != sequence_)
      continue;
    if (header.nlmsg_type != NLMSG_ERROR) return read_socket(header);
    const int error = error_in(header);
    if (error != ENOENT) return failure("read", error);
    return std::optional<SocketInfo>{};
  }
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
