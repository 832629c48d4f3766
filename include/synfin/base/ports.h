/// \file
/// is_service_port() and service_rank(): which of two ports is likely the listening one, if no
/// handshake was captured. Tested in tests/unit/base/ports_test.cc.
#pragma once

#include <cstdint>

namespace synfin {

/// True for a system port (below 1024, RFC 6335 §6) and for a registered port that servers commonly
/// listen on.
bool is_service_port(std::uint16_t port);

/// The likelihood that a port is the listening one, in ascending order. A listed port beats a
/// system port that is not listed, because some clients, such as those of NFS, connect from system
/// ports.
enum class ServiceRank : std::uint8_t { None, System, Listed };

ServiceRank service_rank(std::uint16_t port);

}  // namespace synfin
