// DiffSink and figures of diff_side.h.
#include "report/diff_side.h"

#include <algorithm>
#include <cmath>

#include "synfin/report/summary_data.h"

namespace synfin {

std::string_view failure_cause(const ConnectionRecord& record) {
  const Cause cause = record.cause.cause;
  return cause == Cause::None ? to_string(record.outcome) : to_string(cause);
}

Duration percentile(std::vector<Duration> values, double share) {
  const double rank = std::ceil(share * static_cast<double>(values.size()));
  const std::size_t at =
      std::min(values.size() - 1, static_cast<std::size_t>(std::max(rank - 1, 0.0)));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

void PairFigures::add(const PairFigures& other) {
  attempts += other.attempts;
  established += other.established;
  failed += other.failed;
  midstream += other.midstream;
  for (const auto& [cause, n] : other.causes) causes[cause] += n;
  bytes += other.bytes;
  knows_bytes = knows_bytes && other.knows_bytes;
  squared_bytes += other.squared_bytes;
  first = std::min(first, other.first);
  last = std::max(last, other.last);
  starts.add_all(other.starts);
  rtts.add_all(other.rtts);
  // Percentiles cannot be added. Without samples, those of the larger part are used.
  if (other.rtt_count > rtt_count) {
    p50 = other.p50;
    p99 = other.p99;
  }
  rtt_count += other.rtt_count;
}

void PairFigures::set_percentiles() {
  if (rtts.values().empty()) return;
  p50 = percentile(rtts.values(), 0.50);
  p99 = percentile(rtts.values(), 0.99);
}

void DiffSink::on_events(std::span<const AnnotatedEvent> events) {
  for (const AnnotatedEvent& e : events) {
    if (e.event.kind == EventKind::Record) add(e.event.connection);
  }
}

void DiffSink::on_plain_events(std::span<const Event> events) {
  for (const Event& event : events) {
    if (event.kind == EventKind::Record) add(event.connection);
  }
}

void DiffSink::add(const ConnectionRecord& r) {
  const Outcome outcome = counted_outcome(r);
  if (outcome == Outcome::Backscatter) return;
  const DiffKey key{r.tuple.orig.address, 128, r.tuple.resp.address, r.tuple.resp.port};
  auto found = side_.pairs.find(key);
  if (found == side_.pairs.end()) {
    if (side_.pairs.size() >= kMaxPairs) {
      side_.cut_off = true;
      return;
    }
    found = side_.pairs.emplace(key, PairFigures{}).first;
  }
  PairFigures& pair = found->second;
  ++side_.records;
  (is_attempt(outcome) ? pair.attempts : pair.midstream) += 1;
  pair.established += is_established(outcome);
  if (is_failure(outcome)) {
    ++pair.failed;
    ++pair.causes[std::string(failure_cause(r))];
  }
  const std::uint64_t bytes = r.orig.bytes + r.resp.bytes;
  pair.bytes += bytes;
  pair.squared_bytes += static_cast<double>(bytes) * static_cast<double>(bytes);
  pair.first = std::min(pair.first, r.first);
  pair.last = std::max(pair.last, r.first);
  pair.starts.add(r.first);
  if (r.synack_rtt == kNoDuration) return;
  pair.rtts.add(r.synack_rtt);
  ++pair.rtt_count;
}

Status DiffSink::finish(const CaptureInfo& capture) {
  if (capture.any_used()) {
    side_.first = capture.first_packet;
    side_.last = capture.last_packet;
  }
  for (auto& [key, pair] : side_.pairs) {
    pair.set_percentiles();
    pair.knows_bytes = capture.knows_bytes();
  }
  return Ok{};
}

}  // namespace synfin
