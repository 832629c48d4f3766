/// \file
/// Devices: which hosts of the inventory have the same MAC address, and which MAC addresses are
/// those of routers.
///
/// Memory: kMaxDevices devices with kMaxAddresses hosts each, and as many addresses that are no
/// hosts yet. Tested in tests/unit/inventory/devices_test.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "synfin/base/address.h"

namespace synfin {

/// "02:00:5e:10:00:01".
std::string format_mac(std::uint64_t mac);
std::optional<std::uint64_t> parse_mac(std::string_view text);

class Devices {
 public:
  static constexpr std::size_t kMaxDevices = 65'536;
  /// A device with more addresses than this forwards the packets of others.
  static constexpr std::size_t kMaxAddresses = 16;

  /// The MAC address carries an address that is not on the link, so it is a router's. Returns the
  /// hosts to which it was attributed.
  std::vector<std::uint32_t> add_router(std::uint64_t mac);
  /// The host has the MAC address. Returns false if that belongs to a router, or if the table is
  /// full; `others` then are the hosts that lose it.
  bool add(std::uint64_t mac, std::uint32_t host, std::vector<std::uint32_t>& others);
  void remove(std::uint64_t mac, std::uint32_t host);
  /// The hosts with the MAC address.
  std::span<const std::uint32_t> hosts(std::uint64_t mac) const;
  bool is_router(std::uint64_t mac) const;

  /// Remembers the MAC address of an address that is no host yet.
  void remember(const Address& ip, std::uint64_t mac);
  std::optional<std::uint64_t> take_remembered(const Address& ip);

 private:
  struct Device {
    bool router = false;
    std::vector<std::uint32_t> hosts;
  };

  std::unordered_map<std::uint64_t, Device> devices_;
  std::map<Address, std::uint64_t> remembered_;
};

/// The names of the organizations to which the first three bytes of MAC addresses are assigned.
/// Reads the list (Debian's ieee-data or hwdata) when it is needed first.
class MacVendors {
 public:
  /// The files in which the list is searched.
  static std::span<const char* const> places();
  /// Uses this list instead of a file.
  void load(std::string_view list);
  /// Empty if it is not known, or if the address was made up by software.
  std::string name(std::uint64_t mac);

 private:
  bool loaded_ = false;
  std::unordered_map<std::uint32_t, std::string> names_;
};

}  // namespace synfin
