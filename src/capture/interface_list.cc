// See interface_list.h.
#include "synfin/capture/interface_list.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <pcap.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "synfin/base/escape.h"
#include "synfin/capture/link_names.h"

namespace synfin {
namespace {

struct FreeDevices {
  void operator()(pcap_if_t* devices) const { pcap_freealldevs(devices); }
};

std::string address_text(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address == nullptr) return {};
  if (address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text.data(),
              text.size());
  } else if (address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text.data(),
              text.size());
  }
  return text.data();
}

/// The link type of a capture on the interface, derived from its hardware type.
std::string link_type_of_device(const std::string& name) {
  if (name == "any") return "LINUX_SLL2";
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  const bool known = socket >= 0 && ioctl(socket, SIOCGIFHWADDR, &request) == 0;
  if (socket >= 0) ::close(socket);
  if (!known) return {};
  switch (request.ifr_hwaddr.sa_family) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return "EN10MB";
    case ARPHRD_IEEE80211_RADIOTAP:
      return "IEEE802_11_RADIO";
    case ARPHRD_IEEE80211:
      return "IEEE802_11";
    case ARPHRD_NONE:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_RAWIP:
      return "RAW";
    default:
      return "LINUX_SLL";
  }
}

/// False for what libpcap also lists: buses, netlink and netfilter queues.
bool is_network(const pcap_if_t& device) {
  const std::string_view name = device.name;
  return !name.starts_with("nflog") && !name.starts_with("nfqueue") &&
         !name.starts_with("usbmon") && !name.starts_with("bluetooth") && !name.starts_with("dbus");
}

InterfaceListing listing_of(const pcap_if_t& device) {
  InterfaceListing listing;
  listing.name = device.name;
  if (device.description != nullptr) listing.description = device.description;
  listing.up = (device.flags & PCAP_IF_UP) != 0;
  listing.running = (device.flags & PCAP_IF_RUNNING) != 0;
  listing.loopback = (device.flags & PCAP_IF_LOOPBACK) != 0;
  listing.wireless = (device.flags & PCAP_IF_WIRELESS) != 0;
  listing.link_type = link_type_of_device(listing.name);
  for (const pcap_addr_t* at = device.addresses; at != nullptr; at = at->next) {
    if (std::string text = address_text(at->addr); !text.empty())
      listing.addresses.push_back(std::move(text));
  }
  return listing;
}

std::string state_of(const InterfaceListing& listing) {
  std::string state = listing.up ? "up" : "down";
  if (listing.running) state += ", running";
  if (listing.loopback) state += ", loopback";
  if (listing.wireless) state += ", wireless";
  return state;
}

}  // namespace

Result<std::vector<InterfaceListing>> list_interfaces() {
  char error[PCAP_ERRBUF_SIZE] = "";
  pcap_if_t* devices = nullptr;
  if (pcap_findalldevs(&devices, error) != 0)
    return Error{fmt::format("cannot list the interfaces: {}", error)};
  const std::unique_ptr<pcap_if_t, FreeDevices> owner(devices);
  std::vector<InterfaceListing> listings;
  for (const pcap_if_t* device = devices; device != nullptr; device = device->next) {
    if (is_network(*device)) listings.push_back(listing_of(*device));
  }
  return listings;
}

std::string format_interfaces(const std::vector<InterfaceListing>& interfaces, std::size_t width) {
  std::size_t widest = 0, states = 0, links = 0;
  const auto plain = [](const std::string& text) {
    std::string out;
    append_plain(out, text);
    return out;
  };
  for (const InterfaceListing& i : interfaces) {
    widest = std::max(widest, plain(i.name).size());
    states = std::max(states, state_of(i).size());
    links = std::max(links, i.link_type.size());
  }
  std::string text;
  int number = 0;
  for (const InterfaceListing& i : interfaces) {
    std::string line = fmt::format("{:>2}. {:{}}  {:{}}  {:{}}", ++number, plain(i.name), widest,
                                   state_of(i), states, i.link_type, links);
    const std::string indent(line.size() + 1, ' ');
    for (const std::string& address : i.addresses) {
      const bool wraps =
          width != 0 && line.size() > indent.size() + 1 && line.size() + 1 + address.size() > width;
      if (wraps) text += std::exchange(line, indent) + '\n';
      line += (line.size() < indent.size() ? "  " : " ") + address;
    }
    if (i.addresses.empty() && !i.description.empty()) line += "  " + plain(i.description);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

Result<std::string> interface_name(const std::string& name_or_number) {
  std::size_t number = 0;
  const auto parsed =
      std::from_chars(name_or_number.data(), name_or_number.data() + name_or_number.size(), number);
  const bool is_number =
      parsed.ec == std::errc{} && parsed.ptr == name_or_number.data() + name_or_number.size();
  if (!is_number || if_nametoindex(name_or_number.c_str()) != 0) return name_or_number;
  const auto listings = list_interfaces();
  if (!listings) return listings.error();
  if (number == 0 || number > listings->size())
    return Error{
        fmt::format("cannot open interface {}: no such number (synfin -D lists them)", number)};
  return (*listings)[number - 1].name;
}

std::string capture_permission_help(const std::string& name) {
  std::array<char, 4096> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::string program = size > 0 ? std::string(path.data()) : "synfin";
  return fmt::format(
      "no permission to capture on {0}: run it with sudo, or let the members of a group capture: "
      "sudo groupadd --system --force synfin && sudo chgrp synfin {1} && sudo chmod 750 {1} && "
      "sudo setcap cap_net_raw=ep {1} && sudo usermod --append --groups synfin \"$USER\"",
      name, program);
}

}  // namespace synfin
