/// \file
/// Words about a run, on stderr.
#pragma once

#include <string_view>

namespace synfin {

/// "synfin: SENTENCE", escaped.
void say(std::string_view sentence);

}  // namespace synfin
