/// \file
/// PacketScope: which packets of a connection a source delivers and the connection table sees.
#pragma once

#include <cstdint>
#include <string_view>

namespace synfin {

enum class PacketScope : std::uint8_t {
  All,      ///< every TCP packet
  Control,  ///< only TCP segments with SYN, FIN or RST, and ICMP errors
};

/// "all" or "control".
constexpr std::string_view to_string(PacketScope scope) {
  return scope == PacketScope::All ? "all" : "control";
}

}  // namespace synfin
