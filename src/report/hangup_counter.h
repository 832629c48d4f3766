/// \file
/// HangupCounter: resets after a silence, and clients that use up their ports.
///
/// Clients are counted minute by minute once their hash has been seen often in one, so that the
/// others cost a few instructions. Not thread-safe. Tested in tests/unit/report/hangups_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "report/even_sample.h"
#include "synfin/report/diagnosis.h"
#include "synfin/report/summary_data.h"
#include "synfin/stats/bounded_table.h"

namespace synfin {

/// A reset of an established connection after a silence of at least 5 s.
struct IdleReset {
  Endpoint service;
  Timestamp at{};
  Duration idle{};
  bool by_originator = false;
};

/// Finds silences that many resets have in common: an idle timer at an end or, more often, on the
/// path (RFC 5382 REQ-5 demands at least 2 h 4 min, and many middleboxes have less).
///
/// The resets of each service, and all resets together, are searched with a window of 1 s or 1 %. A
/// window is significant if a smooth distribution of silences would not put so many resets into it:
/// the number of the others between 2/3 and 3/2 of the value gives the expectation, which is
/// tripled because the distribution may be steep. The bound on the binomial tail, times the number
/// of all windows searched (Bonferroni), must be below 1e-6. Resets within one window of time count
/// once, because a restart resets many connections in one moment; at least 10 moments are needed.
std::vector<IdleTimerRow> find_idle_timers(std::span<const IdleReset> resets);

/// One originator and service with many connections in a minute.
struct PressureEntry {
  struct Key {
    const Address& orig;
    const Address& resp;
    std::uint16_t port;
  };

  Address orig;
  Address resp;
  std::uint16_t port = 0;
  std::uint32_t weight = 0;
  std::int64_t minute = 0;
  std::int64_t busiest = 0;  ///< the minute of `most`
  std::uint32_t in_minute = 0;
  std::uint32_t most = 0;
  std::uint32_t reused = 0;
  std::uint32_t in_time_wait = 0;

  bool is(const Key& k) const { return port == k.port && resp == k.resp && orig == k.orig; }
};

class HangupCounter {
 public:
  HangupCounter() : pressure_(kMaxClients) {}

  /// `edge_hash` is the seeded hash of originator and service.
  void add(const ConnectionRecord& r, std::uint64_t edge_hash) {
    if (r.outcome == Outcome::Reset) add_reset(r);
    if (!is_established(r.outcome)) return;
    const std::int64_t minute = minute_of(r.first);
    if (minute > newest_minute_) begin_minute(minute);
    std::uint16_t& seen = seen_[edge_hash % kCounters];
    seen = static_cast<std::uint16_t>(seen + (seen < kMany));
    const bool early = note_tuple(r, edge_hash);
    if (seen == kMany || r.reused || early) [[unlikely]]
      count_client(r, edge_hash, minute, early);
  }

  /// All but the closers, which the profiles of services have.
  Hangups hangups() const;
  std::size_t memory() const;

 private:
  static constexpr std::size_t kMaxClients = 4'096;
  static constexpr std::size_t kCounters = 4'096;
  static constexpr std::uint16_t kMany = 1'000;

  static std::int64_t minute_of(Timestamp t) { return to_ns(t) / 60'000'000'000; }
  /// The end of a connection, in units of 2^30 ns.
  struct ClosedTuple {
    std::uint32_t check = 0;
    std::uint32_t end = 0;
  };
  static std::uint32_t tick_of(Timestamp t) { return static_cast<std::uint32_t>(to_ns(t) >> 30); }
  /// 60 s, the TIME-WAIT of Linux. RFC 9293 §3.4.2 demands up to 4 min.
  static constexpr std::uint32_t kTimeWait = 56;

  void begin_minute(std::int64_t minute);
  void add_reset(const ConnectionRecord& r);
  void count_client(const ConnectionRecord& r, std::uint64_t edge_hash, std::int64_t minute,
                    bool early);

  /// Returns true if the port of the originator was in TIME-WAIT when the connection began: less
  /// than kTimeWait after FINs had closed the previous connection of the same tuple.
  bool note_tuple(const ConnectionRecord& r, std::uint64_t edge_hash) {
    const std::uint64_t hash = (edge_hash ^ r.tuple.orig.port) * 0x9E3779B97F4A7C15;
    ClosedTuple& tuple = closed_[hash >> 50];
    const auto check = static_cast<std::uint32_t>(hash);
    const bool early = tuple.check == check && tick_of(r.first) - tuple.end < kTimeWait;
    if (r.outcome == Outcome::Closed) tuple = {check, tick_of(r.last)};
    return early;
  }

  EvenSample<IdleReset, 4096> resets_;
  std::uint64_t idle_resets_ = 0;
  std::uint64_t idle_unknown_ = 0;
  std::int64_t newest_minute_ = 0;
  std::array<std::uint16_t, kCounters> seen_{};  ///< connections of this minute, by hash
  BoundedTable<PressureEntry> pressure_;
  /// By hash, and only the latest of each, so that a client that uses many ports is seen in part.
  std::vector<ClosedTuple> closed_ = std::vector<ClosedTuple>(std::size_t{1} << 14);
};

}  // namespace synfin
