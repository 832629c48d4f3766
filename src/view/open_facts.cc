// See open_facts.h.
#include "view/open_facts.h"

#include <fmt/format.h>

#include <optional>

#include "synfin/report/format.h"
#include "view/endpoint_rows.h"

namespace synfin {
namespace {

/// The originator's socket rather than the responder's if both are on this host.
std::optional<LiveConnection> by_kernel(const FiveTuple& tuple, const ViewRequest& request) {
  std::optional<LiveConnection> found;
  if (request.host == nullptr) return found;
  for (const HostSocket& s : request.host->sockets) {
    const bool is_orig = s.local == tuple.orig && s.remote == tuple.resp;
    const bool is_resp = s.local == tuple.resp && s.remote == tuple.orig;
    if (is_orig) return LiveConnection::of(s, false, request.now);
    if (is_resp) found = LiveConnection::of(s, true, request.now);
  }
  return found;
}

std::optional<LiveConnection> by_packets(const FiveTuple& tuple, const ViewRequest& request) {
  if (request.open == nullptr) return std::nullopt;
  for (const OpenConnection& one : request.open->connections()) {
    if (one.tuple == tuple) return LiveConnection::of(one, false, *request.open, request.now);
  }
  return std::nullopt;
}

/// "1.2 MiB, 3.4 KiB/s", as far as it is known.
std::string traffic_text(const Traffic& traffic) {
  std::string text;
  if (traffic.bytes) text = binary_size(*traffic.bytes);
  if (traffic.rate)
    text += fmt::format("{}{}/s", text.empty() ? "" : ", ", binary_size(*traffic.rate));
  return text.empty() ? "unknown" : text;
}

}  // namespace

std::vector<Fact> open_facts(const FiveTuple& tuple, const ViewRequest& request) {
  auto one = by_kernel(tuple, request);
  const bool kernel = one.has_value();
  if (!one) one = by_packets(tuple, request);
  if (!one) return {};
  std::vector<Fact> facts;
  facts.push_back({"now", fmt::format("{} (by {})", one->state,
                                      kernel ? "this host's kernel" : "the packets")});
  if (one->idle != kNoDuration) {
    facts.push_back({"idle", fmt::format("{}{}", one->idle_at_most ? "at most " : "",
                                         format_human(one->idle))});
  }
  facts.push_back({"sent", traffic_text(one->sent)});
  facts.push_back({"received", traffic_text(one->received)});
  if (one->rtt != kNoDuration) facts.push_back({"round trip", format_human(one->rtt)});
  return facts;
}

}  // namespace synfin
