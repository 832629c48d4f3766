/// \file
/// CauseFinder: Event[] → the same events with the cause of each failure.
///
/// A record alone shows what happened to a connection. Why an attempt failed also depends on what
/// else its host does: whether it answers on other ports, and which TTL its own packets have.
/// CauseFinder remembers that for a bounded number of hosts and networks, and judges by it.
///
/// Specs: RFC 9293 §3.10.7 (who sends an RST), RFC 792 and RFC 4443 (ICMP errors), RFC 1812
/// §5.2.7.1 (the last router reports an absent host). Tested in
/// tests/unit/track/cause_finder_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "synfin/base/mix.h"
#include "synfin/base/prefetch.h"
#include "synfin/stats/lazy_array.h"
#include "synfin/track/event.h"

namespace synfin {

/// The number of routers that a packet has passed. Hosts send with a TTL of 32, 64, 128 or 255, and
/// may use different ones for SYN-ACKs and RSTs, while the distance stays the same.
constexpr unsigned hops_of(std::uint8_t ttl) {
  if (ttl <= 32) return 32u - ttl;
  if (ttl <= 64) return 64u - ttl;
  return ttl <= 128 ? 128u - ttl : 255u - ttl;
}

/// A set of outcomes, one bit for each.
constexpr std::uint32_t outcome_bits(std::initializer_list<Outcome> outcomes) {
  std::uint32_t bits = 0;
  for (const Outcome o : outcomes) bits |= 1u << static_cast<unsigned>(o);
  return bits;
}

/// Works event by event, so that the result depends on neither batch size nor threads. Memory: the
/// constructor reserves 4.5 MiB, and pages that are never used cost nothing. A set has places for
/// four hosts; a further one replaces the host whose last answer is the oldest. Not thread-safe.
class CauseFinder {
 public:
  CauseFinder() : sets_(kHosts / kWays), hosts_(kHosts), networks_(kNetworks) {}

  /// Sets ConnectionRecord::cause of each event, and learns from the records.
  void explain(std::span<Event> events) {
    const std::size_t count = events.size();
    for (std::size_t i = 0; i < std::min(2 * kAhead, count); ++i) prefetch_set(events[i]);
    for (std::size_t i = 0; i < std::min(kAhead, count); ++i) prefetch_host(events[i]);
    for (std::size_t i = 0; i < count; ++i) {
      if (i + 2 * kAhead < count) prefetch_set(events[i + 2 * kAhead]);
      if (i + kAhead < count) prefetch_host(events[i + kAhead]);
      Event& event = events[i];
      const std::uint32_t learns = kLearns >> static_cast<unsigned>(event.connection.outcome);
      if (event.kind == EventKind::Record && (learns & 1u) != 0) learn(event.connection);
      if (may_have_cause(event)) judge(event.connection);
    }
  }

 private:
  static constexpr std::size_t kHosts = 65'536;
  static constexpr std::size_t kNetworks = 16'384;
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kPorts = 4;
  /// Events between the prefetch of a set, that of its host, and the use of both.
  static constexpr std::size_t kAhead = 8;

  /// Time in units of 2^30 ns, 1.07 s.
  using Tick = std::uint32_t;
  static Tick tick(Timestamp t) {
    return to_ns(t) <= 0 ? 1u : static_cast<Tick>(to_ns(t) >> 30) + 1;
  }

  /// What a responder has answered, in one cache line. A tick of 0 means never.
  struct alignas(64) Host {
    Address address;
    Tick last = 0;                         ///< its last answer on any port
    std::array<Tick, kPorts> port_last{};  ///< the last answer of each port
    std::array<std::uint16_t, kPorts> port{};
    Tick refused_last = 0;  ///< its last RST that answered a SYN
    std::uint8_t ttl = 0;   ///< of its last SYN-ACK
    std::uint8_t min_hops = 0xFF;
    std::uint8_t max_hops = 0;
    std::uint8_t samples = 0;  ///< how many SYN-ACKs had a known TTL, at most 255
  };
  /// References to the hosts of one set of the hash table: 15 bits of the hash, and in the lower 17
  /// bits the index in hosts_ plus 1; 0 is a free place. Hosts themselves are stored in the order
  /// in which they appear, so that few hosts use few pages.
  struct Set {
    std::array<std::uint32_t, kWays> reference{};
  };
  static constexpr std::uint32_t kIndexMask = (1u << 17) - 1;
  static_assert(kHosts <= kIndexMask);

  /// A /24 or /64 in which a host has answered.
  struct Network {
    std::uint64_t prefix = 0;
    Tick last = 0;
  };

  /// The outcomes of connections on which the responder answered; a pending one, if it sent
  /// packets.
  static constexpr std::uint32_t kLearns = outcome_bits(
      {Outcome::Open, Outcome::Closed, Outcome::Reset, Outcome::HalfOpen, Outcome::Pending});
  static constexpr std::uint32_t kFailures =
      outcome_bits({Outcome::Refused, Outcome::Unanswered, Outcome::Unreachable, Outcome::HalfOpen,
                    Outcome::Backscatter});

  static bool may_have_cause(const Event& event) {
    const ConnectionRecord& r = event.connection;
    if (event.kind == EventKind::Syn || event.kind == EventKind::Retry) return false;
    const bool failed = (kFailures >> static_cast<unsigned>(r.outcome) & 1u) != 0;
    return failed || (r.closed_by == Side::Resp && r.outcome != Outcome::Midstream) ||
           r.cause.stuck_times != 0;
  }

  void prefetch_set(const Event& event) const {
    if (event.kind == EventKind::Record)
      prefetch_line(&sets_[set_of(hash_of(event.connection.tuple.resp.address))]);
  }
  void prefetch_host(const Event& event) const {
    if (event.kind == EventKind::Record) prefetch_host(event.connection.tuple.resp.address);
  }
  void prefetch_host(const Address& a) const;
  void learn(const ConnectionRecord& r);
  void judge(ConnectionRecord& r);
  void judge_refusal(ConnectionRecord& r);
  void judge_silence(ConnectionRecord& r) const;
  void judge_established(ConnectionRecord& r) const;
  static bool is_elsewhere(const Host& host, unsigned hops);

  static std::uint64_t hash_of(const Address& a) {
    return mix64(a.high() ^ 0x9E3779B97F4A7C15, a.low() ^ 0xBF58476D1CE4E5B9);
  }
  static std::size_t set_of(std::uint64_t hash) { return hash & (kHosts / kWays - 1); }
  /// The part of a reference that the hash gives.
  static std::uint32_t mark_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) & ~kIndexMask;
  }
  static std::uint64_t prefix_of(const Address& a);
  Host* find(const Address& a);
  const Host* find(const Address& a) const { return const_cast<CauseFinder*>(this)->find(a); }
  Host& find_or_add(const Address& a);
  void note_network(const Address& a, Tick now);
  Tick network_last(const Address& a) const;

  LazyArray<Set> sets_;
  LazyArray<Host> hosts_;
  LazyArray<Network> networks_;
  std::uint32_t hosts_used_ = 0;
};

}  // namespace synfin
