// See devices.h.
#include "inventory/devices.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "synfin/base/input_file.h"
#include "synfin/base/text.h"

namespace synfin {
namespace {

constexpr const char* kVendorLists[] = {"/usr/share/ieee-data/oui.txt",
                                        "/usr/share/hwdata/oui.txt"};
constexpr std::size_t kMaxVendorList = 64 << 20;
constexpr std::size_t kMaxVendorName = 64;
/// The text between a prefix and its name in the list.
constexpr std::string_view kMark = "(base 16)";

/// Bit 1 of the first byte: the address was not assigned by a vendor.
bool is_local_mac(std::uint64_t mac) { return (mac >> 41 & 1) != 0; }

}  // namespace

std::string format_mac(std::uint64_t mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac >> 40 & 0xFF,
                     mac >> 32 & 0xFF, mac >> 24 & 0xFF, mac >> 16 & 0xFF, mac >> 8 & 0xFF,
                     mac & 0xFF);
}

std::optional<std::uint64_t> parse_mac(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  std::uint64_t mac = 0;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned byte = 0;
    const auto parsed = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + i + 2) return std::nullopt;
    mac = mac << 8 | byte;
  }
  return mac;
}

std::vector<std::uint32_t> Devices::add_router(std::uint64_t mac) {
  const auto known = devices_.find(mac);
  if (known == devices_.end() && devices_.size() >= kMaxDevices) return {};
  Device& device = devices_[mac];
  device.router = true;
  return std::exchange(device.hosts, {});
}

bool Devices::add(std::uint64_t mac, std::uint32_t host, std::vector<std::uint32_t>& others) {
  const auto known = devices_.find(mac);
  if (known == devices_.end() && devices_.size() >= kMaxDevices) return false;
  Device& device = devices_[mac];
  if (device.router) return false;
  if (device.hosts.size() >= kMaxAddresses) {
    others = add_router(mac);
    return false;
  }
  device.hosts.push_back(host);
  return true;
}

void Devices::remove(std::uint64_t mac, std::uint32_t host) {
  const auto known = devices_.find(mac);
  if (known != devices_.end()) std::erase(known->second.hosts, host);
}

std::span<const std::uint32_t> Devices::hosts(std::uint64_t mac) const {
  const auto known = devices_.find(mac);
  if (known == devices_.end()) return {};
  return known->second.hosts;
}

bool Devices::is_router(std::uint64_t mac) const {
  const auto known = devices_.find(mac);
  return known != devices_.end() && known->second.router;
}

void Devices::remember(const Address& ip, std::uint64_t mac) {
  if (remembered_.size() >= kMaxDevices) remembered_.clear();
  remembered_[ip] = mac;
}

std::optional<std::uint64_t> Devices::take_remembered(const Address& ip) {
  const auto node = remembered_.extract(ip);
  if (node.empty()) return std::nullopt;
  return node.mapped();
}

std::span<const char* const> MacVendors::places() { return kVendorLists; }

/// Lines like "00005E     (base 16)<tab><tab>ICANN, IANA Department".
void MacVendors::load(std::string_view list) {
  loaded_ = true;
  for (std::size_t at = list.find(kMark); at != std::string_view::npos;
       at = list.find(kMark, at + 1)) {
    const std::size_t before = list.substr(0, at).rfind('\n');
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view prefix = trimmed(list.substr(begin, at - begin));
    const std::size_t after = at + kMark.size();
    const std::string_view name =
        trimmed(list.substr(after, std::min(list.find('\n', after), list.size()) - after));
    std::uint32_t oui = 0;
    const auto parsed = std::from_chars(prefix.data(), prefix.data() + prefix.size(), oui, 16);
    if (prefix.size() != 6 || parsed.ptr != prefix.data() + prefix.size()) continue;
    names_.emplace(oui, name.substr(0, kMaxVendorName));
  }
}

std::string MacVendors::name(std::uint64_t mac) {
  if (is_local_mac(mac)) return {};
  if (!std::exchange(loaded_, true)) {
    for (const char* const path : kVendorLists) {
      const auto list = read_input(path, kMaxVendorList);
      if (!list) continue;
      load(*list);
      break;
    }
  }
  const auto found = names_.find(static_cast<std::uint32_t>(mac >> 24));
  return found == names_.end() ? std::string{} : found->second;
}

}  // namespace synfin
