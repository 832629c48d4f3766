// See format.h.
#include "synfin/report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "synfin/base/cidr.h"

namespace synfin {
namespace {

constexpr std::array<std::string_view, kOutcomes> kOutcomeWords{
    "established, no end seen",
    "established, ended by FIN",
    "established, ended by RST",
    "an RST answered the SYN",
    "nothing answered the SYN",
    "too recent to judge",
    "an ICMP error answered the SYN",
    "the SYN-ACK was never acknowledged",
    "the originator reset during the handshake",
    "the handshake was not seen",
    "a lone SYN-ACK or RST"};

constexpr std::array<std::string_view, kConnStates> kStateWords{
    "attempt without an answer",
    "established, not ended",
    "established and closed",
    "attempt rejected",
    "originator closed, no answer to it",
    "responder closed, no answer to it",
    "originator reset",
    "responder reset",
    "originator reset before an answer",
    "SYN-ACK and RST from the responder, no SYN seen",
    "SYN and FIN from the originator, no SYN-ACK seen",
    "SYN-ACK and FIN from the responder, no SYN seen",
    "no handshake seen"};

constexpr std::array<std::string_view, kCauses> kCauseWords{"unknown",
                                                            "refused by the host",
                                                            "refused on the way",
                                                            "silently dropped",
                                                            "host away",
                                                            "unreachable",
                                                            "handshake not completed",
                                                            "accepted and dropped",
                                                            "MTU black hole",
                                                            "reset on the way",
                                                            "backscatter"};

/// RFC 792 and RFC 1812 §5.2.7, by code of type 3.
constexpr std::array<std::string_view, 16> kIcmp4{"network unreachable",
                                                  "host unreachable",
                                                  "protocol unreachable",
                                                  "port unreachable",
                                                  "packet too big",
                                                  "source route failed",
                                                  "network unknown",
                                                  "host unknown",
                                                  "source host isolated",
                                                  "network prohibited",
                                                  "host prohibited",
                                                  "network unreachable for its service",
                                                  "host unreachable for its service",
                                                  "prohibited by a filter",
                                                  "host precedence violated",
                                                  "precedence too low"};
/// RFC 4443 §3.1, by code of type 1.
constexpr std::array<std::string_view, 7> kIcmp6{
    "no route to host", "prohibited by a filter", "beyond scope of the source",
    "host unreachable", "port unreachable",       "source address not allowed",
    "route rejects it"};

std::string_view failure_words(Outcome outcome, const EdgeRow& e) {
  switch (outcome) {
    case Outcome::Refused:
      return "refused";
    case Outcome::Unanswered:
      return "no answer";
    case Outcome::HalfOpen:
      return "SYN-ACK not acknowledged";
    default:
      return icmp_words(!e.service.address.is_v4(), e.icmp_type, e.icmp_code);
  }
}

/// Failures that occurred, most frequent first.
std::vector<Outcome> failures_of(const EdgeRow& e) {
  std::vector<Outcome> found;
  for (const Outcome o :
       {Outcome::Refused, Outcome::Unanswered, Outcome::Unreachable, Outcome::HalfOpen}) {
    if (e.outcomes.of(o) != 0) found.push_back(o);
  }
  std::stable_sort(found.begin(), found.end(),
                   [&e](Outcome a, Outcome b) { return e.outcomes.of(a) > e.outcomes.of(b); });
  return found;
}

}  // namespace

std::string plural(std::uint64_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", with_separators(n), n == 1 ? one : many);
}

std::string binary_size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 6> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 would read as 1024.0 of the smaller unit.
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string_view icmp_words(bool v6, std::uint8_t type, std::uint8_t code) {
  if (v6 && type == 1 && code < kIcmp6.size()) return kIcmp6[code];
  if (!v6 && type == 3 && code < kIcmp4.size()) return kIcmp4[code];
  if (type == (v6 ? 3 : 11)) return "too many hops";
  if (v6 && type == 2) return "packet too big";
  return "ICMP error";
}

std::string percent_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {};
  if (part == whole) return "100%";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part != 0 && percent < 0.05) return "<0.1%";
  if (percent >= 99.95) return ">99.9%";
  return fmt::format("{:.1f}%", percent);
}

std::string span_text(Timestamp first, Timestamp last, Zone zone) {
  const Duration span = std::max(saturating_sub(last, first), Duration{});
  const auto clock_of = [&](Timestamp t) {
    const std::string text = format_time_of_day(t, zone);
    return span < std::chrono::minutes{1} ? text : text.substr(0, sizeof "14:30:16" - 1);
  };
  const auto unless_equal = [](const std::string& text, const std::string& other) {
    return text == other ? std::string{} : ' ' + text;
  };
  const std::string date = format_date(first, zone), zone_text = format_zone(last, zone);
  return fmt::format("{} {}{} to{} {} {} ({})", date, clock_of(first),
                     unless_equal(format_zone(first, zone), zone_text),
                     unless_equal(format_date(last, zone), date), clock_of(last), zone_text,
                     format_human(span));
}

std::string endpoint_text(const Endpoint& e) {
  const std::string address = e.address.to_string();
  return e.address.is_v4() ? fmt::format("{}:{}", address, e.port)
                           : fmt::format("[{}]:{}", address, e.port);
}

std::string host_name_text(const EndpointAnnotations& about) {
  std::string text{about.name};
  if (about.name_confirmed && !text.empty()) text += '*';
  return text;
}

std::string exact_rfc3339(Timestamp t) {
  std::string text = format_rfc3339(t);
  const std::int64_t below_us = ((to_ns(t) % 1000) + 1000) % 1000;
  if (below_us != 0) text.insert(text.size() - 1, fmt::format("{:03}", below_us));
  return text;
}

std::string_view outcome_words(Outcome outcome) {
  return kOutcomeWords[static_cast<std::size_t>(outcome)];
}

std::string_view cause_words(Cause cause) { return kCauseWords[static_cast<std::size_t>(cause)]; }

std::string_view state_words(ConnState state) {
  return kStateWords[static_cast<std::size_t>(state)];
}

Outcome main_failure(const EdgeRow& edge) { return failures_of(edge).at(0); }

std::string cause_words(const EdgeRow& edge) {
  const std::vector<Outcome> failures = failures_of(edge);
  std::string text;
  for (const Outcome o : failures) {
    if (!text.empty()) text += ", ";
    text += failure_words(o, edge);
    if (failures.size() > 1) text += fmt::format(" ({})", with_separators(edge.outcomes.of(o)));
  }
  return text;
}

std::string network_text(const Address& address) {
  const unsigned bits = address.is_v4() ? kNetworkBits4 : kNetworkBits6;
  return fmt::format("{}/{}", Cidr::of(address, bits).first().to_string(), bits);
}

}  // namespace synfin
