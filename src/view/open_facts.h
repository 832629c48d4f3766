/// \file
/// open_facts(): the lines about an open connection on the page that Enter opens.
/// Tested in tests/unit/view/open_facts_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "synfin/view/view.h"

namespace synfin {

struct Fact {
  std::string_view name;
  std::string value;
};

/// State, idle time, bytes and rates of the connection, by this host's kernel if it has the socket,
/// else by the packets. Empty if the connection is not open, or `request` knows neither.
std::vector<Fact> open_facts(const FiveTuple& tuple, const ViewRequest& request);

}  // namespace synfin
