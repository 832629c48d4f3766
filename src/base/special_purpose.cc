// See special_purpose.h. Registries: iana-ipv4-special-registry, iana-ipv6-special-registry.
#include "synfin/base/special_purpose.h"

#include <cstdint>

#include "synfin/base/cidr.h"

namespace synfin {
namespace {

constexpr Cidr v4(std::uint32_t network, unsigned bits) {
  return Cidr::of(Address::from_v4(network), bits);
}
constexpr Cidr v6(std::uint64_t high, std::uint64_t low, unsigned bits) {
  return Cidr::of(Address::from_halves(high, low), bits);
}

constexpr Cidr kSpecialV4[] = {v4(0x00000000, 8),  v4(0x0A000000, 8),  v4(0x64400000, 10),
                               v4(0x7F000000, 8),  v4(0xA9FE0000, 16), v4(0xAC100000, 12),
                               v4(0xC0000000, 24), v4(0xC0000200, 24), v4(0xC0586300, 24),
                               v4(0xC0A80000, 16), v4(0xC6120000, 15), v4(0xC6336400, 24),
                               v4(0xCB007100, 24), v4(0xE0000000, 4),  v4(0xF0000000, 4)};
/// The anycast addresses of PCP and TURN, which are reachable within 192.0.0.0/24.
constexpr Cidr kGlobalV4[] = {v4(0xC0000009, 32), v4(0xC000000A, 32)};

constexpr Cidr kSpecialV6[] = {v6(0, 0, 127),  // :: and ::1
                               v6(0x0064FF9B00010000, 0, 48),
                               v6(0x0100000000000000, 0, 64),
                               v6(0x2001000000000000, 0, 23),
                               v6(0x20010DB800000000, 0, 32),
                               v6(0x3FFF000000000000, 0, 20),
                               v6(0x5F00000000000000, 0, 16),
                               v6(0xFC00000000000000, 0, 7),
                               v6(0xFE80000000000000, 0, 10),
                               v6(0xFF00000000000000, 0, 8)};
/// The reachable parts of 2001::/23: Teredo, PCP, TURN, DNS-SD, AMT, AS112, ORCHIDv2, drones.
constexpr Cidr kGlobalV6[] = {v6(0x2001000000000000, 0, 32),  v6(0x2001000100000000, 1, 128),
                              v6(0x2001000100000000, 2, 128), v6(0x2001000100000000, 3, 128),
                              v6(0x2001000300000000, 0, 32),  v6(0x2001000401120000, 0, 48),
                              v6(0x2001002000000000, 0, 28),  v6(0x2001003000000000, 0, 28)};

template <std::size_t kSize>
bool within_any(const Address& a, const Cidr (&blocks)[kSize]) {
  for (const Cidr& block : blocks) {
    if (block.contains(a)) return true;
  }
  return false;
}

}  // namespace

bool is_loopback(const Address& a) {
  return a.is_v4() ? a.v4() >> 24 == 127 : a.high() == 0 && a.low() == 1;
}

bool is_special_purpose(const Address& a) {
  if (a.is_v4()) return within_any(a, kSpecialV4) && !within_any(a, kGlobalV4);
  return within_any(a, kSpecialV6) && !within_any(a, kGlobalV6);
}

}  // namespace synfin
