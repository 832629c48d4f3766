/// \file
/// Link types by their numbers in captures (LINKTYPE_ of libpcap).
#pragma once

#include <cstdint>

namespace synfin {

inline constexpr std::uint16_t kEthernet = 1, kRaw = 101, kSll = 113, kSll2 = 276;

}  // namespace synfin
