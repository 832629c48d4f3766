/// \file
/// Figures and causes as a person reads them in a report.
/// Tested in tests/unit/report/format_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "synfin/base/five_tuple.h"
#include "synfin/base/format.h"
#include "synfin/report/summary_data.h"

namespace synfin {

/// "512 B", "34.0 KiB", "1.5 GiB".
std::string binary_size(std::uint64_t bytes);

/// What an ICMP error said of its destination (RFC 792, RFC 1812 §5.2.7, RFC 4443 §3): "host
/// unreachable".
std::string_view icmp_words(bool v6, std::uint8_t type, std::uint8_t code);

/// "72.9%", "100%". Neither nothing nor all is said of what is not quite: "<0.1%", ">99.9%". Empty
/// where whole is 0.
std::string percent_of(std::uint64_t part, std::uint64_t whole);

/// "192.0.2.1:443", "[2001:db8::1]:443".
std::string endpoint_text(const Endpoint& endpoint);

/// format_rfc3339() with nine decimals where the time has a part below a microsecond.
std::string exact_rfc3339(Timestamp t);

/// What an outcome means, in a few words.
std::string_view outcome_words(Outcome outcome);
/// What a conn_state means, in a few words.
std::string_view state_words(ConnState state);

/// Why the attempts on an edge failed, most frequent cause first: "refused", "no answer (12), host
/// unreachable (3)".
std::string cause_words(const EdgeRow& edge);

/// The failure that most attempts on an edge met. REQUIRES: one failed.
Outcome main_failure(const EdgeRow& edge);

}  // namespace synfin
