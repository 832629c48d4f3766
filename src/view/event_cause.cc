// The text of an event's last column.
//
// Tested in tests/unit/view/event_cause_test.cc.
#include "view/event_cause.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string_view>
#include <utility>

#include "synfin/report/format.h"

namespace synfin {
namespace {

std::string_view side_text(Side side) {
  switch (side) {
    case Side::Orig:
      return "originator";
    case Side::Resp:
      return "responder";
    case Side::None:
      break;
  }
  return "unknown";
}

std::string retries(unsigned n) { return fmt::format("{} {}", n, n == 1 ? "retry" : "retries"); }

/// "after 12 ms" since the first packet; empty if the clock stepped back.
std::string after(const Event& event) {
  const Timestamp first = event.connection.first;
  return event.time < first ? std::string{}
                            : "after " + format_human(saturating_sub(event.time, first));
}

std::string sizes(const ConnectionRecord& r, bool unicode) {
  if (r.bytes_basis == BytesBasis::None) return {};
  return fmt::format("{}{} {} {} {}", bytes_bound(r), binary_size(r.orig.bytes),
                     unicode ? "↑" : "up", binary_size(r.resp.bytes), unicode ? "↓" : "down");
}

std::string lifetime(const ConnectionRecord& r) {
  return r.last > r.first ? format_human(r.duration()) : std::string{};
}

/// "ttl 64". An unexpected TTL shows that a middlebox sent the packet in the host's name.
std::string ttl(const ConnectionRecord& r) {
  return r.end_ttl == 0 ? std::string{} : fmt::format("ttl {}", r.end_ttl);
}

std::string opened(const ConnectionRecord& r) {
  if (r.syn_retries > 0) return "after " + retries(r.syn_retries);
  return r.synack_rtt == kNoDuration ? std::string{} : "rtt " + format_human(r.synack_rtt);
}

/// A probe is no remains of a connection: its outcome is that of an attempt.
std::string midstream(const ConnectionRecord& r) {
  if (r.probe != Probe::None && r.probe != Probe::Maimon && r.probe != Probe::Ack)
    return fmt::format("a lone {} segment, the probe of a scan", to_string(r.probe));
  if (r.direction_basis == DirectionBasis::Socket) return "already open (socket table)";
  static constexpr std::array<std::string_view, 4> kBasis{"SYN", "SYN-ACK", "port", "first packet"};
  return fmt::format("already open, direction by {}",
                     kBasis.at(static_cast<std::size_t>(r.direction_basis)));
}

std::string reset(const Event& event) {
  const ConnectionRecord& r = event.connection;
  const Side side = r.closed_by == Side::None ? event.side : r.closed_by;
  return fmt::format("by {}", side_text(side));
}

std::string_view unreachable(const ConnectionRecord& r) {
  return icmp_words(!r.tuple.resp.address.is_v4(), r.icmp_type, r.icmp_code);
}

std::string icmp(const ConnectionRecord& r) {
  return fmt::format("ICMP{} {}/{}", r.tuple.resp.address.is_v4() ? "" : "v6", r.icmp_type,
                     r.icmp_code);
}

std::string unanswered(const ConnectionRecord& r) {
  if (!r.own_columns) return {};  // a log of Zeek has no retries
  if (r.syn_retries == 0) return "no retry";
  std::string text = retries(r.syn_retries);
  return r.last > r.first ? text + " in " + format_human(r.duration()) : text;
}

std::string idle(const Event& event) {
  const ConnectionRecord& r = event.connection;
  const bool half_closed = r.state == ConnState::S2 || r.state == ConnState::S3;
  std::string text = half_closed ? "half-closed, idle" : "idle";
  return event.time > r.last ? text + " for " + format_human(saturating_sub(event.time, r.last))
                             : text;
}

std::string_view backscatter(const ConnectionRecord& r) {
  const bool synack = r.history.view().find_first_of("hH") != std::string_view::npos;
  return synack ? "SYN-ACK without a SYN" : "RST without a connection";
}

/// The cause in one phrase.
std::string cause(const Event& event) {
  const ConnectionRecord& r = event.connection;
  switch (event.kind) {
    case EventKind::Retry:
      return "retry " + std::to_string(r.syn_retries);
    case EventKind::Open:
      return opened(r);
    case EventKind::Midstream:
      return midstream(r);
    case EventKind::Fin:
      return fmt::format("by {}", side_text(event.side));
    case EventKind::Close:
      return r.closed_by == Side::None ? std::string{}
                                       : fmt::format("by {}", side_text(r.closed_by));
    case EventKind::Reset:
      return reset(event);
    case EventKind::Refused:
      return "by RST";
    case EventKind::Unreachable:
      return std::string{unreachable(r)};
    case EventKind::Aborted:
      return "by originator";
    case EventKind::HalfOpen:
      return "no ACK, SYN-ACK repeats";
    case EventKind::Backscatter:
      return std::string{backscatter(r)};
    case EventKind::Unanswered:
      return unanswered(r);
    case EventKind::Timeout:
      return idle(event);
    case EventKind::Reused:
      return "a new connection uses its ports";
    case EventKind::Evicted:
      return "table full, no longer tracked";
    case EventKind::Syn:
    case EventKind::Record:
      break;
  }
  return {};
}

/// What the context of the connection adds to its own packets: "silently dropped (4 SYNs in 7 s;
/// the host answers on 22)".
std::string context_of_failure(const ConnectionRecord& r) {
  switch (r.cause.cause) {
    case Cause::RefusedOnPath:
    case Cause::ResetOnPath:
    case Cause::Filtered:
    case Cause::HostAway:
    case Cause::AcceptedDropped:
    case Cause::MtuBlackHole:
      return fmt::format("{} ({})", cause_words(r.cause.cause), EvidenceText(r).view());
    case Cause::Unreachable:
      return r.cause.icmp_sender == Address{} ? std::string{}
                                              : "from " + r.cause.icmp_sender.to_string();
    default:
      return {};
  }
}

/// Events of connections that may have carried data.
bool has_sizes(EventKind kind) {
  return kind == EventKind::Fin || kind == EventKind::Close || kind == EventKind::Reset ||
         kind == EventKind::Timeout || kind == EventKind::Reused || kind == EventKind::Evicted;
}

/// The cause, followed by its evidence.
std::vector<std::string> cause_phrases(const Event& event) {
  const ConnectionRecord& r = event.connection;
  std::vector<std::string> phrases{cause(event)};
  if (event.kind == EventKind::Retry || event.kind == EventKind::Reset ||
      event.kind == EventKind::Refused || event.kind == EventKind::Aborted)
    phrases.push_back(after(event));
  if (event.kind == EventKind::Aborted) phrases.emplace_back("before the handshake ended");
  if (event.kind == EventKind::Unreachable) phrases.push_back(icmp(r));
  if (event.kind == EventKind::Reset || event.kind == EventKind::Refused ||
      event.kind == EventKind::Unreachable)
    phrases.push_back(ttl(r));
  if (event.kind == EventKind::Reset && r.rst_basis == RstBasis::Unverified)
    phrases.emplace_back("unverified");
  // The FIN before it has shown the cause.
  if (event.kind != EventKind::Close) phrases.push_back(context_of_failure(r));
  std::erase(phrases, std::string{});
  return phrases;
}

}  // namespace

std::string_view bytes_bound(const ConnectionRecord& record) {
  return record.bytes_basis == BytesBasis::Modulo ? "at least " : "";
}

std::string describe_cause(const Event& event) {
  switch (event.kind) {
    case EventKind::Refused:
    case EventKind::Unreachable:
    case EventKind::Aborted:
    case EventKind::HalfOpen:
    case EventKind::Unanswered:
    case EventKind::Timeout:
    case EventKind::Reused:
    case EventKind::Evicted:
    case EventKind::Backscatter:
      return fmt::format("{}", fmt::join(cause_phrases(event), ", "));
    default:
      return context_of_failure(event.connection);
  }
}

std::vector<std::string> event_phrases(const Event& event, bool unicode) {
  const ConnectionRecord& r = event.connection;
  std::vector<std::string> phrases = cause_phrases(event);
  if (event.kind == EventKind::Close) phrases.push_back(lifetime(r));
  if (has_sizes(event.kind)) phrases.push_back(sizes(r, unicode));
  std::erase(phrases, std::string{});
  return phrases;
}

std::string describe_event(const Event& event, bool unicode) {
  return fmt::format("{}", fmt::join(event_phrases(event, unicode), "  "));
}

}  // namespace synfin
