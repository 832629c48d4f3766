/// \file
/// EventCounts: what --metrics counts of events. Tested in
/// tests/unit/metrics/event_counts_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "metrics/service_counts.h"
#include "synfin/track/event.h"

namespace synfin {

/// The upper bounds of the buckets of handshake times, in microseconds.
inline constexpr std::uint64_t kHandshakeBounds[] = {
    100,    250,     500,     1'000,   2'500,     5'000,     10'000,   25'000,
    50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000};

/// One thread counts, any thread reads.
struct EventCounts {
  explicit EventCounts(PortNames names) : services(std::move(names)) {}

  void count(std::span<const Event> events);

  std::array<SharedCount, kEventKinds> events;  ///< by EventKind
  std::array<SharedCount, kOutcomes> outcomes;  ///< of records, by Outcome
  std::array<SharedCount, kCauses> causes;      ///< of records; None: failures of unknown cause
  SharedCount orig_bytes, resp_bytes;           ///< of records
  /// Handshakes in each bucket and, last, those above all bounds.
  std::array<SharedCount, std::size(kHandshakeBounds) + 1> handshakes;
  SharedCount handshake_us;  ///< the sum of their times
  ServiceCounts services;

 private:
  void count_record(const ConnectionRecord& r);
  void count_open(const ConnectionRecord& r);
};

}  // namespace synfin
