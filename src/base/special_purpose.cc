// See special_purpose.h. Registries: iana-ipv4-special-registry, iana-ipv6-special-registry.
#include "synfin/base/special_purpose.h"

#include <cstdint>

namespace synfin {
namespace {

struct BlockV4 {
  std::uint32_t network;
  int bits;
};
constexpr BlockV4 kSpecialV4[] = {
    {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
    {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0586300, 24}, {0xC0A80000, 16},
    {0xC6120000, 15}, {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 4},  {0xF0000000, 4}};
/// Anycast addresses within 192.0.0.0/24 that are reachable: PCP and TURN.
constexpr BlockV4 kGlobalV4[] = {{0xC0000009, 32}, {0xC000000A, 32}};

struct BlockV6 {
  std::uint64_t high;
  std::uint64_t low;
  int bits;
};
constexpr BlockV6 kSpecialV6[] = {{0, 0, 127},  // :: and ::1
                                  {0x0064FF9B00010000, 0, 48},
                                  {0x0100000000000000, 0, 64},
                                  {0x2001000000000000, 0, 23},
                                  {0x20010DB800000000, 0, 32},
                                  {0x3FFF000000000000, 0, 20},
                                  {0x5F00000000000000, 0, 16},
                                  {0xFC00000000000000, 0, 7},
                                  {0xFE80000000000000, 0, 10},
                                  {0xFF00000000000000, 0, 8}};
/// Within 2001::/23, what is reachable: Teredo, PCP, TURN, DNS-SD, AMT, AS112, ORCHIDv2, drones.
constexpr BlockV6 kGlobalV6[] = {{0x2001000000000000, 0, 32},  {0x2001000100000000, 1, 128},
                                 {0x2001000100000000, 2, 128}, {0x2001000100000000, 3, 128},
                                 {0x2001000300000000, 0, 32},  {0x2001000401120000, 0, 48},
                                 {0x2001002000000000, 0, 28},  {0x2001003000000000, 0, 28}};

constexpr std::uint64_t top_bits(int bits) {
  return bits <= 0 ? 0 : bits >= 64 ? ~std::uint64_t{0} : ~std::uint64_t{0} << (64 - bits);
}

bool within(const Address& a, const BlockV4& block) {
  return ((a.v4() ^ block.network) & static_cast<std::uint32_t>(top_bits(block.bits) >> 32)) == 0;
}
bool within(const Address& a, const BlockV6& block) {
  return ((a.high() ^ block.high) & top_bits(block.bits)) == 0 &&
         ((a.low() ^ block.low) & top_bits(block.bits - 64)) == 0;
}

template <typename Blocks>
bool within_any(const Address& a, const Blocks& blocks) {
  for (const auto& block : blocks) {
    if (within(a, block)) return true;
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
