// The evidence of a cause as text. See cause.h.
#include "synfin/track/cause.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "synfin/track/connection.h"

namespace synfin {

EvidenceText::EvidenceText(const ConnectionRecord& record) { put_evidence(record); }

void EvidenceText::put_evidence(const ConnectionRecord& r) {
  switch (r.cause.cause) {
    case Cause::None:
      return;
    case Cause::Refused:
    case Cause::RefusedOnPath:
    case Cause::ResetOnPath:
      return put_rst(r);
    case Cause::Filtered:
    case Cause::HostAway:
      return put_silence(r);
    case Cause::Unreachable:
      return put_icmp(r);
    case Cause::HandshakeIncomplete:
      put(r.resp.packets);
      return put(r.resp.packets == 1 ? " packet of the responder, no acknowledgement"
                                     : " packets of the responder, no acknowledgement");
    case Cause::AcceptedDropped:
      return put_drop(r);
    case Cause::MtuBlackHole:
      return put_black_hole(r.cause);
    case Cause::Backscatter:
      return put(r.history.view().find_first_of("hH") != std::string_view::npos
                     ? "SYN-ACK without a SYN"
                     : "RST without a connection");
  }
}

void EvidenceText::put(std::string_view text) {
  size_ += text.copy(&text_[size_], text_.size() - size_);
}

void EvidenceText::put(std::uint64_t n) {
  const auto written = std::to_chars(&text_[size_], text_.data() + text_.size(), n);
  if (written.ec == std::errc{}) size_ = static_cast<std::size_t>(written.ptr - text_.data());
}

void EvidenceText::put(const Address& address) {
  if (text_.size() - size_ < Address::kMaxText) return;
  size_ = static_cast<std::size_t>(address.format_to(&text_[size_]) - text_.data());
}

/// The time of several SYNs: "12 ms", "4.1 s", "63 s".
void EvidenceText::put_duration(Duration d) {
  const auto ms = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::round<std::chrono::milliseconds>(d).count()));
  if (ms < 1000) {
    put(ms);
    return put(" ms");
  }
  const std::uint64_t tenths = (ms + 50) / 100;
  if (tenths < 100) {
    put(tenths / 10);
    put(".");
    put(tenths % 10);
  } else {
    put((ms + 500) / 1000);
  }
  put(" s");
}

void EvidenceText::put_rst(const ConnectionRecord& r) {
  put("RST");
  if (r.end_ttl != 0) {
    put(" with TTL ");
    put(std::uint64_t{r.end_ttl});
  }
  if (r.cause.host_ttl == 0) return;
  put("; the host's SYN-ACKs have TTL ");
  put(std::uint64_t{r.cause.host_ttl});
}

void EvidenceText::put_silence(const ConnectionRecord& r) {
  put(std::uint64_t{r.syn_retries} + 1);
  put(r.syn_retries == 0 ? " SYN" : " SYNs in ");
  if (r.syn_retries != 0) put_duration(r.duration());
  const CauseFacts& facts = r.cause;
  if (facts.answering_ports[1] != 0) return put_ports(facts);
  if (facts.port_answers) return put("; the port answers others");
  if (facts.network_answers) return put("; only its neighbours answer");
  if (facts.answered_before) return put("; the host answered before");
  put(facts.cause == Cause::Filtered ? "; the host refuses other ports" : "; nothing answers");
}

/// The ports are in order, so that 0, which is none, comes first.
void EvidenceText::put_ports(const CauseFacts& facts) {
  put("; the host answers on ");
  if (facts.answering_ports[0] != 0) {
    put(std::uint64_t{facts.answering_ports[0]});
    put(", ");
  }
  put(std::uint64_t{facts.answering_ports[1]});
}

void EvidenceText::put_icmp(const ConnectionRecord& r) {
  put(r.tuple.resp.address.is_v4() ? "ICMP " : "ICMPv6 ");
  put(std::uint64_t{r.icmp_type});
  put("/");
  put(std::uint64_t{r.icmp_code});
  if (r.cause.icmp_sender == Address{}) return;
  put(" from ");
  put(r.cause.icmp_sender);
}

void EvidenceText::put_drop(const ConnectionRecord& r) {
  put(r.rst_basis != RstBasis::None ? "RST after " : "FIN after ");
  put(format_human(std::max(r.duration(), Duration{0})));  // too short a text to be allocated
  put(" without a byte");
  if (r.unknown.has(RecordCount::OrigBytes)) return;
  put("; ");
  put(r.orig.bytes);
  put(" B were sent to it");
}

void EvidenceText::put_black_hole(const CauseFacts& facts) {
  put(std::uint64_t{facts.stuck_bytes});
  put(facts.stuck_by_orig ? " B of the originator repeated " : " B of the responder repeated ");
  put(std::uint64_t{facts.stuck_times});
  put(" times and not acknowledged; small segments pass");
}

}  // namespace synfin
