// See own_addresses.h.
#include "synfin/enrich/own_addresses.h"

#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace synfin {
namespace {

constexpr std::size_t kAnswer = 32 * 1024;

Error failure(const char* what) {
  return {fmt::format("cannot {} this host's addresses: {}", what,
                      std::generic_category().message(errno))};
}

Address address_of(const ifaddrmsg& message, const rtattr& attribute) {
  const auto* bytes = static_cast<const std::uint8_t*>(RTA_DATA(&attribute));
  return message.ifa_family == AF_INET ? Address::load_v4(bytes) : Address::load_v6(bytes);
}

/// On a point-to-point link IFA_ADDRESS is the other end, and IFA_LOCAL is ours.
bool local_address(const nlmsghdr* header, Address& out) {
  const auto& message = *static_cast<const ifaddrmsg*>(NLMSG_DATA(header));
  if (message.ifa_family != AF_INET && message.ifa_family != AF_INET6) return false;
  const std::size_t size = message.ifa_family == AF_INET ? 4 : 16;
  bool found = false;
  auto left = static_cast<int>(IFA_PAYLOAD(header));
  for (const rtattr* at = IFA_RTA(&message); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
    if (RTA_PAYLOAD(at) < size) continue;
    if (at->rta_type == IFA_LOCAL || (at->rta_type == IFA_ADDRESS && !found)) {
      out = address_of(message, *at);
      found = true;
      if (at->rta_type == IFA_LOCAL) break;
    }
  }
  return found;
}

}  // namespace

Result<OwnAddresses> OwnAddresses::open() {
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (socket < 0) return failure("ask for");
  OwnAddresses own(socket);
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (bind(socket, reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0)
    return failure("follow");
  if (const Status asked = own.ask(); !asked) return asked.error();
  return own;
}

OwnAddresses::~OwnAddresses() {
  if (socket_ >= 0) ::close(socket_);
}
OwnAddresses::OwnAddresses(OwnAddresses&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), addresses_(std::move(other.addresses_)) {}
OwnAddresses& OwnAddresses::operator=(OwnAddresses&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(addresses_, other.addresses_);
  return *this;
}

Status OwnAddresses::ask() {
  addresses_.clear();
  struct {
    nlmsghdr header;
    ifaddrmsg message;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETADDR;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  if (send(socket_, &request, sizeof request, 0) < 0) return failure("ask for");
  return read_answer();
}

Status OwnAddresses::read_answer() {
  std::array<char, kAnswer> answer;
  for (bool done = false; !done;) {
    const ssize_t size = recv(socket_, answer.data(), answer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failure("read");
    done = take(answer.data(), static_cast<std::size_t>(size));
  }
  return Ok{};
}

/// True at the end of a dump.
bool OwnAddresses::take(const char* bytes, std::size_t size) {
  auto left = static_cast<unsigned>(size);
  for (const auto* at = reinterpret_cast<const nlmsghdr*>(bytes); NLMSG_OK(at, left);
       at = NLMSG_NEXT(at, left)) {
    if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR) return true;
    Address address;
    if (at->nlmsg_type == RTM_NEWADDR && local_address(at, address)) add(address);
    if (at->nlmsg_type == RTM_DELADDR && local_address(at, address)) remove(address);
  }
  return false;
}

bool OwnAddresses::follow() {
  const std::vector<Address> before = addresses_;
  std::array<char, kAnswer> news;
  for (;;) {
    const ssize_t size = recv(socket_, news.data(), news.size(), MSG_DONTWAIT);
    if (size >= 0) {
      take(news.data(), static_cast<std::size_t>(size));
    } else if (errno == ENOBUFS) {  // more came than the socket could hold
      if (!ask()) addresses_ = before;
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
