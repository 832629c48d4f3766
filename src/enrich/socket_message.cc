// The message of a socket is an inet_diag_msg and attributes, among them tcp_info if the socket is
// a full one. Older kernels send a shorter tcp_info; the missing parts stay unset.
// See socket_message.h.
#include "enrich/socket_message.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>

#include "enrich/netlink_attributes.h"

namespace synfin {
namespace {

Address load(std::uint8_t family, const __be32* words) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(words);
  return family == AF_INET ? Address::load_v4(bytes) : Address::load_v6(bytes);
}

/// Reads a tcp_info. Returns nothing if this kernel sent a shorter one.
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

void read_attribute(const nlattr* attribute, SocketInfo& info) {
  const std::size_t length = mnl_attr_get_payload_len(attribute);
  const void* const payload = mnl_attr_get_payload(attribute);
  if (mnl_attr_get_type(attribute) == INET_DIAG_INFO && has_traffic(info.state)) {
    info.traffic = traffic_in(payload, length);
  } else if (mnl_attr_get_type(attribute) == INET_DIAG_SKV6ONLY && length >= 1) {
    info.only_v6 = *static_cast<const std::uint8_t*>(payload) != 0;
  }
}

}  // namespace

bool is_framed(std::span<const char> bytes) {
  while (bytes.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) return false;
    bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
  }
  return true;
}

std::optional<SocketInfo> read_socket(const nlmsghdr& header) {
  if (mnl_nlmsg_get_payload_len(&header) < sizeof(inet_diag_msg)) return std::nullopt;
  const auto& message = *static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(&header));
  if (message.idiag_family != AF_INET && message.idiag_family != AF_INET6) return std::nullopt;
  SocketInfo info;
  info.local = {load(message.idiag_family, message.id.idiag_src), ntohs(message.id.idiag_sport)};
  info.remote = {load(message.idiag_family, message.id.idiag_dst), ntohs(message.id.idiag_dport)};
  info.state = static_cast<SocketState>(message.idiag_state);
  info.uid = message.idiag_uid;
  info.cookie = std::uint64_t{message.id.idiag_cookie[1]} << 32 | message.id.idiag_cookie[0];
  info.inode = message.idiag_inode;
  info.interface = message.id.idiag_if;
  for_each_attribute(header, sizeof message,
                     [&](const nlattr& attribute) { read_attribute(&attribute, info); });
  return info;
}

}  // namespace synfin
