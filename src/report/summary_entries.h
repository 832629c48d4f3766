/// \file
/// The entries that Summary stores for a service, an edge and a host, in BoundedTable.
#pragma once

#include <array>
#include <cstdint>
#include <limits>

#include "synfin/report/summary_data.h"
#include "synfin/stats/rtt_histogram.h"

namespace synfin {

/// Counts the unfinished attempts on a service per second. Attempts arrive roughly in the order of
/// their SYNs; one of an earlier second than the latest counts in the latest.
struct FloodMeter {
  /// A second with this many attempts is busy and may be part of a flood.
  static constexpr std::uint32_t kBusy = 100;

  std::int64_t second = std::numeric_limits<std::int64_t>::min();
  Timestamp second_begin{};            ///< time of its first attempt
  Timestamp since = Timestamp::max();  ///< of the busy seconds
  Timestamp until = Timestamp::min();
  std::uint64_t attempts = 0;  ///< in the busy seconds
  std::uint32_t in_second = 0;
  std::uint32_t peak = 0;  ///< in one second

  void add(Timestamp time);
};

/// A service is flooded if it exceeds all of these.
inline constexpr std::uint64_t kFloodAttempts = 1000;         ///< FloodMeter::attempts
inline constexpr std::uint64_t kFloodSources = 500;           ///< distinct originators
inline constexpr std::uint64_t kFloodUnfinishedPercent = 80;  ///< of its attempts are unfinished

/// An originator is a scanner if it exceeds both of these.
inline constexpr std::uint64_t kScanTargets = 15;        ///< distinct (host, port)
inline constexpr std::uint64_t kScanFailedPercent = 80;  ///< of its attempts that are not pending

/// A responder's address and port. A host's figures as responder are the sums of its services.
struct ServiceEntry {
  struct Key {
    const Address& address;
    std::uint16_t port;
  };

  Address address;
  std::uint32_t weight = 0;
  std::uint32_t clients = 0;  ///< distinct originators
  std::uint32_t peers = 0;    ///< clients that were new to the host when they were counted
  std::uint16_t port = 0;
  std::uint16_t profile = 0;  ///< number in ServiceProfiles; 0 = none
  SmallOutcomes outcomes;
  std::uint32_t flood = 0;  ///< number in FloodMeters; 0 = none
  std::uint64_t orig_bytes = 0;
  std::uint64_t resp_bytes = 0;
  RttSamples rtt;
  Timestamp first = Timestamp::max();
  Timestamp last = Timestamp::min();

  bool is(const Key& k) const { return port == k.port && address == k.address; }
  /// Attempts without a completed handshake. Includes pending ones, because a flood may be shorter
  /// than the time-out of a SYN.
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

/// An originator. Figures as responder are those of services that were replaced in their table.
struct AddressEntry {
  static constexpr std::size_t kFirstPorts = 2;

  Address address;
  std::uint32_t weight = 0;
  std::uint32_t as_orig = 0;
  std::uint32_t as_resp = 0;
  std::uint32_t failed_as_orig = 0;
  std::uint32_t failed_as_resp = 0;
  std::uint32_t failed_with_itself = 0;                  ///< in both roles at once
  std::uint32_t attempts = 0;                            ///< as originator, without pending ones
  std::uint32_t unsuccessful = 0;                        ///< attempts that failed or were aborted
  std::uint32_t targets = 0;                             ///< distinct services tried
  std::uint32_t responders = 0;                          ///< distinct responders
  std::uint32_t peers = 0;                               ///< distinct addresses in either role
  std::uint32_t ports : 24 = 0;                          ///< distinct responder ports
  std::uint32_t probes : 8 = 0;                          ///< bits by Probe: how it scans
  std::array<std::uint16_t, kFirstPorts> first_ports{};  ///< the first distinct ports
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  Timestamp first = Timestamp::max();
  Timestamp last = Timestamp::min();

  bool is(const Address& a) const { return address == a; }
  /// True if `port` is in `first_ports`.
  bool among_first_ports(std::uint16_t port) const;
  /// Adds the figures of a service of this host.
  void add(const ServiceEntry& service);
  bool scans() const {
    return targets >= kScanTargets && attempts >= kScanTargets &&
           std::uint64_t{unsuccessful} * 100 >= std::uint64_t{attempts} * kScanFailedPercent;
  }
};
static_assert(sizeof(AddressEntry) == 104);

}  // namespace synfin
