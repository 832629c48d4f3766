/// \file
/// Transport: the protocol that carries a connection, by its IP protocol number (IANA "Assigned
/// Internet Protocol Numbers").
#pragma once

#include <cstdint>
#include <string_view>

namespace synfin {

enum class Transport : std::uint8_t { Tcp = 6, Udp = 17 };

/// The protocol number in an IP header.
constexpr std::uint8_t protocol_number(Transport t) { return static_cast<std::uint8_t>(t); }

/// "tcp" or "udp", as Zeek's `proto` field has it.
constexpr std::string_view to_string(Transport t) { return t == Transport::Udp ? "udp" : "tcp"; }

}  // namespace synfin
