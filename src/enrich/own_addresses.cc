// See own_addresses.h. libmnl frames the netlink messages.
#include "synfin/enrich/own_addresses.h"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include "enrich/netlink_attributes.h"
#include "synfin/base/errno_text.h"

namespace synfin {
namespace {

constexpr std::size_t kBuffer = 32 * 1024;

Error failure(const char* what) {
  return {fmt::format("cannot {} this host's addresses: {}", what, errno_text())};
}

/// Returns the interface's own address. On a point-to-point link IFA_ADDRESS is the peer and
/// IFA_LOCAL is the own address; other links may have IFA_ADDRESS only.
std::optional<Address> local_address(const nlmsghdr& header) {
  const auto& message = *static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(&header));
  if (message.ifa_family != AF_INET && message.ifa_family != AF_INET6) return std::nullopt;
  const bool v4 = message.ifa_family == AF_INET;
  std::optional<Address> any, local;
  for_each_attribute(header, sizeof message, [&](const nlattr& attribute) {
    if (mnl_attr_get_payload_len(&attribute) < (v4 ? 4 : 16)) return;
    const auto* bytes = static_cast<const std::uint8_t*>(mnl_attr_get_payload(&attribute));
    const Address address = v4 ? Address::load_v4(bytes) : Address::load_v6(bytes);
    if (mnl_attr_get_type(&attribute) == IFA_LOCAL) local = address;
    if (mnl_attr_get_type(&attribute) == IFA_ADDRESS) any = address;
  });
  return local ? local : any;
}

}  // namespace

Result<OwnAddresses> OwnAddresses::open() {
  mnl_socket* const socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (socket == nullptr) return failure("request");
  OwnAddresses own(socket);
  if (mnl_socket_bind(socket, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, MNL_SOCKET_AUTOPID) != 0)
    return failure("follow");
  if (const Status requested = own.request_all(); !requested) return requested.error();
  return own;
}

OwnAddresses::~OwnAddresses() {
  if (socket_ != nullptr) mnl_socket_close(socket_);
}
OwnAddresses::OwnAddresses(OwnAddresses&& other) noexcept
    : socket_(std::exchange(other.socket_, nullptr)), addresses_(std::move(other.addresses_)) {}
OwnAddresses& OwnAddresses::operator=(OwnAddresses&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(addresses_, other.addresses_);
  return *this;
}

/// Applies the messages of one datagram and returns true if the last one ends a dump.
bool OwnAddresses::apply(const char* bytes, std::size_t size) {
  auto left = static_cast<int>(size);
  for (const auto* at = reinterpret_cast<const nlmsghdr*>(bytes); mnl_nlmsg_ok(at, left);
       at = mnl_nlmsg_next(at, &left)) {
    if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR) return true;
    if (at->nlmsg_type != RTM_NEWADDR && at->nlmsg_type != RTM_DELADDR) continue;
    const auto address = local_address(*at);
    if (!address) continue;
    at->nlmsg_type == RTM_NEWADDR ? add(*address) : remove(*address);
  }
  return false;
}

Status OwnAddresses::request_all() {
  addresses_.clear();
  std::array<char, kBuffer> buffer{};
  nlmsghdr* const request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETADDR;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  mnl_nlmsg_put_extra_header(request, sizeof(ifaddrmsg));
  if (mnl_socket_sendto(socket_, request, request->nlmsg_len) < 0) return failure("request");
  for (bool done = false; !done;) {
    const ssize_t size = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failure("read");
    done = apply(buffer.data(), static_cast<std::size_t>(size));
  }
  return Ok{};
}

int OwnAddresses::descriptor() const { return mnl_socket_get_fd(socket_); }

bool OwnAddresses::follow() {
  const std::vector<Address> before = addresses_;
  std::array<char, kBuffer> buffer;
  for (;;) {
    const ssize_t size =
        recv(mnl_socket_get_fd(socket_), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size >= 0) {
      apply(buffer.data(), static_cast<std::size_t>(size));
    } else if (errno == ENOBUFS) {  // the kernel dropped changes
      if (!request_all()) addresses_ = before;
    } else if (errno != EINTR) {
      break;
    }
  }
  return addresses_ != before;
}

void OwnAddresses::add(const Address& address) {
  const auto place = std::lower_bound(addresses_.begin(), addresses_.end(), address);
  if (place == addresses_.end() || *place != address) addresses_.insert(place, address);
}

void OwnAddresses::remove(const Address& address) {
  const auto place = std::lower_bound(addresses_.begin(), addresses_.end(), address);
  if (place != addresses_.end() && *place == address) addresses_.erase(place);
}

bool OwnAddresses::contains(const Address& address) const {
  if (address.is_v4() && address.v4() >> 24 == 127) return true;
  return std::binary_search(addresses_.begin(), addresses_.end(), address);
}

}  // namespace synfin
