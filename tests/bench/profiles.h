/// \file
/// The measured kinds of traffic: the shape of their connections, their number and their rate.
#pragma once

#include <cstdint>
#include <string_view>

#include "bench/conversation.h"

namespace synfin::bench {

struct Profile {
  std::string_view name;
  Shape shape;
  std::uint32_t connections = 0;
  std::uint32_t per_second = 0;  ///< connections that begin in a second of capture time
  std::uint32_t flood = 0;  ///< SYNs from spoofed addresses beside them, spread over the same time
  std::uint32_t v6_per_mille = 0;
  std::uint32_t clients = 0;
  std::uint32_t servers = 0;
};

/// Returns nullptr if there is no profile of that name.
const Profile* find_profile(std::string_view name);

}  // namespace synfin::bench
