/// \file
/// FailureCounter: attempts that failed, by originator, service and cause, in bounded memory.
///
/// Healthy connections cost it one addition. The facts of the last attempt serve as evidence.
/// Not thread-safe. Tested in tests/unit/report/failures_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "synfin/report/diagnosis.h"
#include "synfin/report/summary_data.h"
#include "synfin/stats/bounded_table.h"

namespace synfin {

struct FailureEntry {
  struct Key {
    const Address& orig;
    const Address& resp;
    std::uint16_t port;
    Cause cause;
  };

  Address orig;
  Address resp;
  std::uint16_t port = 0;
  Cause cause = Cause::None;
  Confidence confidence = Confidence::None;  ///< the highest
  std::uint32_t weight = 0;                  ///< attempts
  Timestamp first = Timestamp::max();
  Timestamp last = Timestamp::min();
  // Of the last attempt:
  CauseFacts facts;
  Duration duration{};
  std::uint64_t orig_bytes = 0;
  std::uint64_t resp_packets = 0;
  std::uint16_t syn_retries = 0;
  std::uint8_t end_ttl = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  RstBasis rst_basis = RstBasis::None;

  bool is(const Key& k) const {
    return port == k.port && cause == k.cause && resp == k.resp && orig == k.orig;
  }
  /// A record with the same evidence, for EvidenceText.
  ConnectionRecord evidence() const;
};

class FailureCounter {
 public:
  explicit FailureCounter(std::size_t max_hosts);

  /// `edge_hash` is the seeded hash of originator and service. `listed`: false for attempts of
  /// scans and floods, which are counted in the totals only.
  void add(const ConnectionRecord& r, std::uint64_t edge_hash, bool listed) {
    ++totals_[static_cast<std::size_t>(r.cause.cause)];
    if (r.cause.cause != Cause::None && listed) add_entry(r, edge_hash);
  }

  /// Prefetch what add() needs: first the index line, some records later the entry.
  void prefetch_bucket(const ConnectionRecord& r, std::uint64_t edge_hash) const {
    if (r.cause.cause != Cause::None) entries_.prefetch_bucket(hash_of(r, edge_hash));
  }
  void prefetch_entry(const ConnectionRecord& r, std::uint64_t edge_hash) const {
    if (r.cause.cause != Cause::None) entries_.prefetch_entry(hash_of(r, edge_hash));
  }

  /// Records by cause.
  const CauseTotals& totals() const { return totals_; }
  std::span<const FailureEntry> entries() const { return entries_.entries(); }
  bool complete() const { return entries_.replaced() == 0; }
  std::size_t memory() const { return entries_.memory(); }

 private:
  static std::uint32_t hash_of(const ConnectionRecord& r, std::uint64_t edge_hash) {
    const std::uint64_t all = edge_hash + static_cast<unsigned>(r.cause.cause);
    return static_cast<std::uint32_t>(all * 0x9E3779B97F4A7C15 >> 32);
  }
  void add_entry(const ConnectionRecord& r, std::uint64_t edge_hash);

  CauseTotals totals_{};
  BoundedTable<FailureEntry> entries_;
};

/// An address and a port of it that answered at some time.
struct AnsweringPort {
  Address address;
  std::uint16_t port = 0;
  Timestamp last{};

  friend auto operator<=>(const AnsweringPort&, const AnsweringPort&) = default;
};

/// The responders of attempts without an answer, whose other ports matter for the cause. Sorted.
std::vector<Address> silent_hosts(std::span<const FailureEntry* const> entries);

/// The rows of entries that belong to the same failure. A record is written when it ends, and shows
/// what was known then; `answering` (sorted) is what is known of silent_hosts() at the end, so a
/// host that answered later is not away, and `totals` change accordingly.
///
/// Returns the `top` (0 = all) rows with the most attempts. FailureRow::of is not set.
Ranked<FailureRow> group_failures(std::span<const FailureEntry* const> entries,
                                  std::span<const AnsweringPort> answering, std::size_t top,
                                  CauseTotals& totals);

}  // namespace synfin
