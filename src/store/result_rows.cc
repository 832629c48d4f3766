// See result_rows.h.
#include "store/result_rows.h"

#include <cstdlib>
#include <string_view>
#include <tuple>

#include "store/handshake_steps.h"

namespace synfin {
namespace {

/// The sender of an ICMP error and the ports that answer, which the evidence has in words.
void read_evidence(FailureRow& f) {
  constexpr std::string_view kSender = " from ", kPorts = "the host answers on ", kMore = " and ";
  const std::string_view text = f.evidence;
  if (const std::size_t at = text.rfind(kSender); f.cause == Cause::Unreachable && at != text.npos)
    f.icmp_sender = Address::parse(text.substr(at + kSender.size())).value_or(Address{});
  std::size_t at = text.find(kPorts);
  if (at == text.npos) return;
  if (const std::size_t more = text.find(kMore, at); more != text.npos)
    f.further_answering =
        std::strtoul(std::string(text.substr(more + kMore.size())).c_str(), nullptr, 10);
  for (at += kPorts.size(); at < text.size(); at = text.find_first_not_of(", ", at)) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
    const unsigned long port =
        std::strtoul(std::string(text.substr(at, end - at)).c_str(), nullptr, 10);
    if (end == at || port > 0xFFFF) break;
    f.answering.push_back(static_cast<std::uint16_t>(port));
    at = end;
  }
}

}  // namespace

RttQuantiles quantiles_of(ResultRow& row) {
  const std::vector<double> values = row.numbers();
  RttQuantiles rtt;
  rtt.samples = row.number();
  if (rtt.samples == 0 || values.size() != 2) return rtt;
  rtt.p50 = handshake_time_of(values[0]);
  rtt.p99 = handshake_time_of(values[1]);
  return rtt;
}

std::pair<std::uint8_t, std::uint8_t> icmp_error_of(ResultRow& row) {
  const std::uint64_t error = row.number();
  return {static_cast<std::uint8_t>(error >> 8), static_cast<std::uint8_t>(error)};
}

Endpoint service_of(ResultRow& row) {
  const Address address = row.address();
  return {address, static_cast<std::uint16_t>(row.number())};
}

EdgeRow edge_of(ResultRow& row) {
  EdgeRow edge;
  edge.orig = row.address();
  edge.service = service_of(row);
  edge.outcomes = tally_of<SmallOutcomes>(row);
  edge.bytes = row.number();
  edge.rtt = quantiles_of(row);
  edge.first = row.time();
  edge.last = row.time();
  return edge;
}

ScannerRow scanner_of(ResultRow& row) {
  ScannerRow s;
  s.address = row.address();
  s.targets = row.number();
  s.ports = row.number();
  s.hosts = row.number();
  s.attempts = row.number();
  s.failed = row.number();
  s.probes = static_cast<std::uint8_t>(row.number());
  s.since = row.time();
  s.until = row.time();
  s.kind = s.ports > 2 * s.hosts   ? ScanKind::Vertical
           : s.hosts > 2 * s.ports ? ScanKind::Horizontal
                                   : ScanKind::Block;
  return s;
}

FailureRow failure_of(ResultRow& row) {
  FailureRow f;
  f.service = service_of(row);
  f.cause = enum_of<Cause>(row.signed_number(), kCauses);
  f.clients = row.number();
  f.orig = row.address();
  f.confidence = enum_of<Confidence>(row.signed_number(), 4);
  f.attempts = f.of = row.number();
  f.first = row.time();
  f.last = row.time();
  f.evidence = row.text();
  std::tie(f.icmp_type, f.icmp_code) = icmp_error_of(row);
  if (f.cause != Cause::Unreachable) f.icmp_type = f.icmp_code = 0;
  read_evidence(f);
  return f;
}

ConnectionRow connection_of(ResultRow& row) {
  ConnectionRow c;
  c.tuple.orig = service_of(row);
  c.tuple.resp = service_of(row);
  c.first = row.time();
  c.duration = Duration{std::max<std::int64_t>(row.signed_number(), 0)};
  c.orig_bytes = row.number();
  c.resp_bytes = row.number();
  c.state = enum_of<ConnState>(row.signed_number(), kConnStates);
  c.outcome = enum_of<Outcome>(row.signed_number(), kOutcomes);
  return c;
}

GeoRow geo_of(ResultRow& row, bool network) {
  GeoRow g;
  if (network) {
    g.asn = static_cast<std::uint32_t>(row.number());
    g.as_org = row.text();
  } else {
    g.country = row.text();
    row.text();
  }
  g.hosts = row.number();
  g.as_orig = row.number();
  g.as_resp = row.number();
  g.failed = row.number();
  g.bytes_sent = row.number();
  g.bytes_received = row.number();
  return g;
}

}  // namespace synfin
