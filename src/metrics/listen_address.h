/// \file
/// The address that --metrics names. Tested in tests/unit/metrics/listen_address_test.cc.
#pragma once

#include <optional>
#include <string_view>

#include "synfin/base/five_tuple.h"

namespace synfin {

/// "127.0.0.1:9180", "[::1]:9180", or "9180", which is on 127.0.0.1. Port 0 is any free port.
std::optional<Endpoint> parse_listen_address(std::string_view text);

}  // namespace synfin
