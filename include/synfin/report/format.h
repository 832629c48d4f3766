/// \file
/// Figures and causes as text for people.
/// Tested in tests/unit/report/format_test.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "synfin/base/five_tuple.h"
#include "synfin/base/format.h"
#include "synfin/enrich/annotations.h"
#include "synfin/report/summary_data.h"

namespace synfin {

/// "512 B", "34.0 KiB", "1.5 GiB".
std::string binary_size(std::uint64_t bytes);

/// "1 packet", "1,200 packets".
std::string plural(std::uint64_t n, std::string_view one, std::string_view many);

/// "2026-03-01 14:30:16 to 14:35:01 UTC (4m45s)". Times have a fraction if the span is below a
/// minute. The end has a date, and the begin a zone, if they are not those of the other.
std::string span_text(Timestamp first, Timestamp last, Zone zone);

/// The meaning of an ICMP error (RFC 792, RFC 1812 §5.2.7, RFC 4443 §3): "host unreachable".
std::string_view icmp_words(bool v6, std::uint8_t type, std::uint8_t code);

/// "72.9%", "100%". A share that would round to 0 or to 100 % without being it is "<0.1%" or
/// ">99.9%". Empty if `whole` is 0.
std::string percent_of(std::uint64_t part, std::uint64_t whole);

/// "192.0.2.1:443", "[2001:db8::1]:443".
std::string endpoint_text(const Endpoint& endpoint);

/// The name of an address, not escaped: "www.example.net*" if it resolves back to the address, and
/// without the star if it is only a claim.
std::string host_name_text(const EndpointAnnotations& about);

/// format_rfc3339(), with nine decimals if the time has a part below a microsecond.
std::string exact_rfc3339(Timestamp t);

/// The meaning of an outcome: "an RST answered the SYN".
std::string_view outcome_words(Outcome outcome);
/// The meaning of a conn_state: "established and closed".
std::string_view state_words(ConnState state);

/// A cause for people: "silently dropped".
std::string_view cause_words(Cause cause);

/// The causes for which attempts on an edge failed, most frequent first: "refused", "no answer
/// (12), host unreachable (3)".
std::string cause_words(const EdgeRow& edge);

/// The most frequent failure on an edge. REQUIRES: at least one attempt failed.
Outcome main_failure(const EdgeRow& edge);

/// The blocks of addresses that reports take for one network if no database names it.
inline constexpr unsigned kNetworkBits4 = 24, kNetworkBits6 = 48;
/// The block of an address: "198.51.100.0/24" or "2001:db8:2::/48".
std::string network_text(const Address& address);

}  // namespace synfin
