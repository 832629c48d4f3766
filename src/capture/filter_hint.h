/// \file
/// Hints for a filter expression that libpcap rejects. libpcap says only "syntax error", so these
/// functions search for the word that is wrong. Tested in tests/unit/capture/filter_hint_test.cc.
#pragma once

#include <string>
#include <string_view>

namespace synfin {

/// Returns `reason`, libpcap's message about `expression`. If it is a syntax error, the result
/// names what is probably wrong with the expression instead.
std::string filter_reason(std::string_view expression, std::string_view reason);

}  // namespace synfin
