/// \file
/// What Summary keeps for one service, one edge, one host: plain entries of BoundedTable.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "synfin/report/summary_data.h"
#include "synfin/stats/rtt_histogram.h"

namespace synfin {

/// Attempts on one service that led nowhere, second by second. An attempt of an earlier second than
/// the latest counts in the latest: they come in the order of their SYNs, give or take their
/// retries.
struct FloodMeter {
  static constexpr std::uint32_t kBusy = 100;  ///< attempts in one second make it part of a flood

  std::int64_t second = std::numeric_limits<std::int64_t>::min();
  Timestamp second_begin{};            ///< the first attempt in it
  Timestamp since = Timestamp::max();  ///< of the busy seconds
  Timestamp until = Timestamp::min();
  std::uint64_t attempts = 0;  ///< in busy seconds
  std::uint32_t in_second = 0;
  std::uint32_t peak = 0;  ///< in one second

  void add(Timestamp time);
};

/// What makes attempts on a service a flood rather than a bad day.
inline constexpr std::uint64_t kFloodAttempts = 1000;         ///< in busy seconds
inline constexpr std::uint64_t kFloodSources = 500;           ///< distinct originators
inline constexpr std::uint64_t kFloodUnfinishedPercent = 80;  ///< of its attempts led nowhere

/// What makes an originator a scanner.
inline constexpr std::uint64_t kScanTargets = 15;        ///< distinct (host, port)
inline constexpr std::uint64_t kScanFailedPercent = 80;  ///< of its attempts that are not pending

/// What responders did is kept by service alone; a host's part as responder is the sum of its
/// services.
struct ServiceEntry {
  struct Key {
    const Address& address;
    std::uint16_t port;
  };

  Address address;
  std::uint32_t weight = 0;
  std::uint32_t clients = 0;  ///< distinct originators
  std::uint32_t peers = 0;    ///< of these, new to the host when they came
  std::uint16_t port = 0;
  std::uint16_t unused = 0;
  SmallOutcomes outcomes;
  std::uint32_t flood = 0;  ///< the number of its FloodMeter + 1; 0 = it has none
  std::uint64_t orig_bytes = 0;
  std::uint64_t resp_bytes = 0;
  RttSamples rtt;
  Timestamp first = Timestamp::max();
  Timestamp last = Timestamp::min();

  bool is(const Key& k) const { return port == k.port && address == k.address; }
  /// A SYN that nobody answered or whose answer nobody acknowledged, `pending` included: a flood
  /// may be shorter than timeout.
  std::uint64_t unfinished() const {
    return outcomes.of(Outcome::Unanswered) + outcomes.of(Outcome::HalfOpen) +
           outcomes.of(Outcome::Pending);
  }
};
static_assert(sizeof(ServiceEntry) == 128, "two cache lines");

struct EdgeEntry {
  struct Key {
    const Address& orig;
    const Address& resp;
    std::uint16_t port;
  };

  Address orig;
  Address resp;
  std::uint16_t port = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint32_t weight = 0;
  SmallOutcomes outcomes;
  RttSamples rtt;
  Timestamp first = Timestamp::max();
  Timestamp last = Timestamp::min();
  std::uint64_t bytes = 0;

  bool is(const Key& k) const { return port == k.port && resp == k.resp && orig == k.orig; }
};
static_assert(sizeof(EdgeEntry) == 128, "two cache lines");

/// An originator; as responder, only what services left behind that are no longer kept.
struct HostEntry {
  static constexpr std::size_t kFewPorts = 2;

  Address address;
  std::uint32_t weight = 0;
  std::uint32_t as_orig = 0;
  std::uint32_t as_resp = 0;
  std::uint32_t failed_as_orig = 0;
  std::uint32_t failed_as_resp = 0;
  std::uint32_t attempts = 0;                        ///< as originator, pending ones not counted
  std::uint32_t unsuccessful = 0;                    ///< of these, failed or aborted
  std::uint32_t targets = 0;                         ///< distinct services asked
  std::uint32_t asked = 0;                           ///< distinct responders
  std::uint32_t peers = 0;                           ///< distinct addresses in either role
  std::uint32_t ports = 0;                           ///< distinct responder ports
  std::array<std::uint16_t, kFewPorts> few_ports{};  ///< the first of these
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  Timestamp first = Timestamp::max();
  Timestamp last = Timestamp::min();

  bool is(const Address& a) const { return address == a; }
  /// Whether `port` is among the first that were counted.
  bool among_few_ports(std::uint16_t port) const;
  /// Adds what a service says of its host.
  void add(const ServiceEntry& service);
  bool scans() const {
    return targets >= kScanTargets && attempts >= kScanTargets &&
           std::uint64_t{unsuccessful} * 100 >= std::uint64_t{attempts} * kScanFailedPercent;
  }
};
static_assert(sizeof(HostEntry) == 96);

}  // namespace synfin
