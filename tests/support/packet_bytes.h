/// \file
/// Shared parts of the encoders in packet_builder.cc: a big-endian writer, the Internet checksum,
/// and the properties of neighbouring layers. Tested in tests/unit/decode/packet_builder_test.cc.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/packet_builder.h"
#include "synfin/base/address.h"

namespace synfin::test {

/// Appends big-endian fields.
class Writer {
 public:
  Writer& u8(std::uint32_t v) {
    bytes_.push_back(static_cast<std::uint8_t>(v));
    return *this;
  }
  Writer& u16(std::uint32_t v) { return u8(v >> 8).u8(v); }
  Writer& u32(std::uint32_t v) { return u16(v >> 16).u16(v); }
  Writer& zeros(std::size_t n) {
    bytes_.insert(bytes_.end(), n, 0);
    return *this;
  }
  Writer& put(const Bytes& more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
  }
  Writer& mac(std::uint8_t last) { return u32(0x02000000).u8(0).u8(last); }
  Writer& address(std::string_view text) {
    const auto a = Address::parse(text);
    if (!a) throw std::invalid_argument("not an address: " + std::string(text));
    std::uint8_t raw[16];
    return put(Bytes(raw, raw + a->store(raw)));
  }
  /// Overwrites two bytes.
  Writer& set16(std::size_t at, std::uint32_t v) {
    bytes_[at] = static_cast<std::uint8_t>(v >> 8);
    bytes_[at + 1] = static_cast<std::uint8_t>(v);
    return *this;
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

inline std::uint16_t internet_checksum(const Bytes& bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += bytes[i] << (i % 2 == 0 ? 8 : 0);
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// The surroundings of a layer: the bytes after it, their first layer, and the enclosing IP header.
struct Surroundings {
  const Bytes& inner;
  const Layer* next = nullptr;
  const Layer* ip = nullptr;

  template <typename L>
  bool next_is() const {
    return next != nullptr && std::holds_alternative<L>(*next);
  }
  std::size_t size() const { return inner.size(); }
};

inline std::uint32_t narrow(std::size_t n) { return static_cast<std::uint32_t>(n); }

/// The number by which the preceding layer announces `next`; 0 if there is none.
inline std::uint16_t ether_type(const Surroundings& s) {
  if (s.next_is<Ipv4>()) return 0x0800;
  if (s.next_is<Ipv6>()) return 0x86DD;
  if (s.next_is<Vlan>()) return std::get<Vlan>(*s.next).tpid;
  if (s.next_is<Mpls>()) return 0x8847;
  if (s.next_is<Pppoe>()) return 0x8864;
  if (s.next_is<Ethernet>()) return 0x6558;
  if (s.next_is<Ppp>()) return 0x880B;
  if (s.next_is<Erspan>()) return std::get<Erspan>(*s.next).type == 3 ? 0x22EB : 0x88BE;
  return 0;
}

inline std::uint8_t ip_protocol(const Surroundings& s) {
  struct Number {
    bool here;
    std::uint8_t value;
  };
  const Number numbers[] = {
      {s.next_is<HopByHop>(), 0}, {s.next_is<Icmp>(), 1},
      {s.next_is<Ipv4>(), 4},     {s.next_is<Tcp>(), 6},
      {s.next_is<Udp>(), 17},     {s.next_is<Ipv6>(), 41},
      {s.next_is<Routing>(), 43}, {s.next_is<Fragment>(), 44},
      {s.next_is<Gre>(), 47},     {s.next_is<Ah>(), 51},
      {s.next_is<Icmp6>(), 58},   {s.next_is<DestinationOptions>(), 60},
      {s.next_is<Mpls>(), 137},
  };
  for (const Number& n : numbers) {
    if (n.here) return n.value;
  }
  return s.next_is<Extension>() ? std::get<Extension>(*s.next).number : 59;  // no next header
}

}  // namespace synfin::test
