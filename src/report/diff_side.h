/// \file
/// DiffSide: one of the two inputs of `synfin diff`, as pairs of originator and service.
///
///     records → DiffSink → DiffSide          captures and logs: with samples
///     JSON report → read_report() → DiffSide: with totals and percentiles
///
/// Tested in tests/unit/report/diff_test.cc and tests/golden/diff.py.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/even_sample.h"
#include "synfin/base/cidr.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/track/connection.h"

namespace synfin {

/// An originator, or a block of originators whose addresses change, and a service.
struct DiffKey {
  Address orig;
  std::uint8_t orig_bits = 128;  ///< of the address as 128 bits; 0: any originator
  Address resp;
  std::uint16_t port = 0;

  friend auto operator<=>(const DiffKey&, const DiffKey&) = default;
  bool is_block() const { return orig_bits != 128; }
};

struct PairFigures {
  std::uint64_t attempts = 0, established = 0, failed = 0;
  std::uint64_t midstream = 0;  ///< connections without a handshake: their direction is no proof
  std::map<std::string, std::uint64_t, std::less<>> causes;  ///< of the failures
  std::uint64_t bytes = 0;
  bool knows_bytes = true;
  double squared_bytes = 0;  ///< the sum of the squares of each connection's bytes
  Timestamp first = Timestamp::max(), last = Timestamp::min();
  EvenSample<Timestamp, 256> starts;  ///< none from a report
  EvenSample<Duration, 256> rtts;     ///< none from a report
  /// From a report, or of `rtts`.
  Duration p50 = kNoDuration, p99 = kNoDuration;
  std::uint64_t rtt_count = 0;

  bool seen() const { return attempts + midstream != 0; }
  double success() const {
    const std::uint64_t decided = established + failed;
    return decided == 0 ? 1.0 : static_cast<double>(established) / static_cast<double>(decided);
  }
  void add(const PairFigures& other);
  /// Computes the percentiles from `rtts`, if these are known.
  void set_percentiles();
};

using Pairs = std::map<DiffKey, PairFigures>;

/// The services and hosts that a report lists.
struct DiffLists {
  static constexpr std::uint64_t kUnbounded = std::numeric_limits<std::uint64_t>::max();

  std::map<Endpoint, PairFigures> services;
  std::map<Address, std::uint64_t> hosts;  ///< connections in either role
  /// What is not listed has at most so many attempts or connections.
  std::uint64_t max_unlisted_service = 0, max_unlisted_host = 0;
};

struct DiffSide {
  std::string name;
  Pairs pairs;
  DiffLists lists;  ///< empty unless it is from a report
  std::optional<Timestamp> first, last;
  std::uint64_t records = 0;
  bool from_report = false;  ///< percentiles and totals, no samples
  bool cut_off = false;      ///< some pairs are missing, so the absence of a pair proves nothing
  bool approximate = false;  ///< the report says so

  Duration span() const { return first && last ? saturating_sub(*last, *first) : Duration{}; }
};

/// The cause for which an attempt failed. The one function that decides about it for diffs.
std::string_view failure_cause(const ConnectionRecord& record);

/// Collects the pairs of all final records. Beyond kMaxPairs, records of further pairs are dropped,
/// and the side is marked as cut off.
class DiffSink final : public EventSink {
 public:
  static constexpr std::size_t kMaxPairs = 500'000;

  /// `side` must outlive the sink.
  explicit DiffSink(DiffSide& side) : side_(side) {}

  std::string_view name() const override { return "diff"; }
  EventMask wanted() const override { return EventMask::only(EventKind::Record); }
  EventMask annotated() const override { return {}; }
  EventDelivery delivery() const override { return EventDelivery::Plain; }
  void on_events(std::span<const AnnotatedEvent> events) override;
  void on_plain_events(std::span<const Event> events) override;
  Status finish(const CaptureInfo& capture) override;

 private:
  void add(const ConnectionRecord& record);

  DiffSide& side_;
};

/// True if `text` begins as a JSON report of synfin does.
bool is_report(std::string_view text);
/// The pairs of a JSON report. Fails with a clause about what is wrong with it.
Result<DiffSide> read_report(std::string_view text);

/// The nearest-rank percentile. REQUIRES: !values.empty().
Duration percentile(std::vector<Duration> values, double share);

}  // namespace synfin
